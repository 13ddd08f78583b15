#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace penchant {

namespace {

// Closes the descriptor on every way out.
struct Descriptor {
  int fd = -1;
  Descriptor(int descriptor) : fd(descriptor) {}  // NOLINT: implicit on purpose
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

Result<size_t> regular_file_size(int fd, const Path& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error("read", path, errno);
  if (S_ISDIR(info.st_mode))
    return invalid(fmt::format("{} is a folder, not a file", path.string()));
  return static_cast<size_t>(info.st_size);
}

Result<> write_all(int fd, std::string_view bytes, const Path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return system_error("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

}  // namespace

Error system_error(std::string_view action, const Path& path, int error_number) {
  Code code = Code::internal;
  if (error_number == ENOENT || error_number == ENOTDIR) code = Code::not_found;
  if (error_number == ENOSPC || error_number == EDQUOT) code = Code::exhausted;
  if (error_number == EACCES || error_number == EROFS || error_number == EPERM)
    code = Code::conflict;
  return {code,
          fmt::format("cannot {} {}: {}", action, path.string(), std::strerror(error_number))};
}

Result<MappedFile> MappedFile::open(const Path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return system_error("open", path, errno);
  TRY(const size_t size, regular_file_size(file.fd, path));
  if (size == 0) return MappedFile(nullptr, 0);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (data == MAP_FAILED) return system_error("map", path, errno);
  return MappedFile(static_cast<const uint8_t*>(data), size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<uint8_t*>(data_), size_);
}

Result<std::string> read_file(const Path& path, size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return system_error("open", path, errno);
  TRY(const size_t size, regular_file_size(file.fd, path));
  if (size > limit)
    return too_large(fmt::format("{} has {} bytes, more than {}", path.string(), size, limit));
  std::string bytes;
  char buffer[1 << 16];
  while (true) {
    const ssize_t n = ::read(file.fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("read", path, errno);
    if (n == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(n));
    if (bytes.size() > limit)
      return too_large(fmt::format("{} has more than {} bytes", path.string(), limit));
  }
}

Result<> write_file(const Path& path, std::string_view bytes) {
  Path temporary = path;
  temporary += fmt::format(".{}.tmp", ::getpid());
  const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.fd < 0) return system_error("write", path, errno);
  Result<> written = write_all(file.fd, bytes, path);
  if (written.ok() && ::fsync(file.fd) != 0) written = system_error("write", path, errno);
  if (written.ok() && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = system_error("write", path, errno);
  if (!written.ok()) ::unlink(temporary.c_str());
  return written;
}

Result<FileLock> FileLock::acquire(const Path& path, std::string_view what) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return system_error("open", path, errno);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return Error{Code::conflict, fmt::format("{} is in use by another process", what)};
  }
  return FileLock(fd);
}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace penchant

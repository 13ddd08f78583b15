// Files with limits and sentences for errors: mapped reading, whole reading, atomic writing, a
// lock, and line reading from plain or gzip files. Thread-safety: MappedFile is immutable; FileLock
// and LineReader one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penchant {

using Path = std::filesystem::path;

// A file mapped read-only. A file truncated by others while mapped ends the process (SIGBUS), as
// for every mapped reader: model files are replaced by rename, never rewritten.
class MappedFile {
 public:
  static Result<MappedFile> open(const Path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const uint8_t> bytes() const { return {data_, size_}; }

 private:
  MappedFile(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

// The whole file, at most `limit` bytes.
Result<std::string> read_file(const Path& path, size_t limit);

// Written beside the target, synced and renamed over it: readers see the old or the new whole file.
Result<> write_file(const Path& path, std::string_view bytes);

// An exclusive advisory lock on `path` (created if missing), released with the object or the
// process. `what` names the thing in the error: "data folder shop".
class FileLock {
 public:
  static Result<FileLock> acquire(const Path& path, std::string_view what);
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// Lines of a plain or gzip file (told apart by its first bytes), without their line end; a UTF-8
// byte order mark at the start is dropped. A line longer than limits::line_bytes is skipped whole
// and reported as an error for that line; reading goes on behind it.
class LineReader {
 public:
  static Result<LineReader> open(const Path& path);
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;
  ~LineReader();

  // True and `line` set (valid until the next call), or false at the end of the file. After an
  // error of code too_large reading can go on; any other error is final (the file is damaged).
  Result<bool> next(std::string_view& line);
  uint64_t line_number() const;  // of the last line given, from 1
  uint64_t bytes_read() const;   // of the file as it lies on disk, for progress
  uint64_t bytes_total() const;

 private:
  struct State;
  explicit LineReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// "cannot open data/x.csv: No such file or directory", with the code that fits errno.
Error system_error(std::string_view action, const Path& path, int error_number);

}  // namespace penchant

#include <fmt/format.h>
#include <sys/stat.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>

#include "base/files.h"
#include "base/limits.h"

namespace penchant {

// zlib's gz layer reads plain files as they are and checks the gzip checksum at the end.
struct LineReader::State {
  std::string path;
  gzFile file = nullptr;
  uint64_t total = 0;
  uint64_t number = 0;
  std::string line;
  char buffer[1 << 16];
  size_t begin = 0, end = 0;
  bool at_end = false;

  ~State() {
    if (file != nullptr) gzclose(file);
  }

  // Refills the buffer; false at the end of the file.
  Result<bool> fill() {
    if (at_end) return false;
    const int n = gzread(file, buffer, sizeof buffer);
    int code = Z_OK;
    const char* reason = gzerror(file, &code);
    if (n < 0 || (n == 0 && code == Z_BUF_ERROR)) {
      at_end = true;
      if (code == Z_BUF_ERROR) reason = "the gzip stream ends early";
      if (code == Z_ERRNO) reason = std::strerror(errno);
      return invalid(fmt::format("{}: cannot read behind line {}: {}", path, number, reason));
    }
    begin = 0;
    end = static_cast<size_t>(n);
    at_end = n == 0;
    return n > 0;
  }
};

LineReader::LineReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;
LineReader::~LineReader() = default;

Result<LineReader> LineReader::open(const Path& path) {
  auto state = std::make_unique<State>();
  state->path = path.string();
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return system_error("open", path, errno);
  if (S_ISDIR(info.st_mode))
    return invalid(fmt::format("{} is a folder, not a file", path.string()));
  state->total = static_cast<uint64_t>(info.st_size);
  state->file = gzopen(path.c_str(), "rbe");
  if (state->file == nullptr) return system_error("open", path, errno);
  return LineReader(std::move(state));
}

Result<bool> LineReader::next(std::string_view& line) {
  State& s = *state_;
  s.line.clear();
  uint64_t length = 0;
  bool any = false;
  while (true) {
    if (s.begin == s.end) {
      TRY(const bool more, s.fill());
      if (!more) {
        if (!any) return false;
        break;
      }
    }
    any = true;
    const char* start = s.buffer + s.begin;
    const auto* stop = static_cast<const char*>(std::memchr(start, '\n', s.end - s.begin));
    const size_t n = stop != nullptr ? static_cast<size_t>(stop - start) : s.end - s.begin;
    length += n;
    if (length <= limits::line_bytes) s.line.append(start, n);
    s.begin += n + (stop != nullptr ? 1 : 0);
    if (stop != nullptr) break;
  }
  ++s.number;
  if (length > limits::line_bytes)
    return too_large(fmt::format("{}:{}: line of {} bytes, more than {}", s.path, s.number, length,
                                 limits::line_bytes));
  if (!s.line.empty() && s.line.back() == '\r') s.line.pop_back();
  if (s.number == 1 && s.line.starts_with("\xEF\xBB\xBF")) s.line.erase(0, 3);
  line = s.line;
  return true;
}

uint64_t LineReader::line_number() const { return state_->number; }
uint64_t LineReader::bytes_read() const {
  const auto offset = gzoffset(state_->file);
  return offset < 0 ? 0 : static_cast<uint64_t>(offset);
}
uint64_t LineReader::bytes_total() const { return state_->total; }

}  // namespace penchant

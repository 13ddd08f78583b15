#include "app/line_batches.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/files.h"
#include "base/utf8.h"

namespace penchant {

namespace {

bool more_is_there(int descriptor) {
  pollfd request = {.fd = descriptor, .events = POLLIN, .revents = 0};
  return poll(&request, 1, 0) > 0;
}

}  // namespace

// Reads until a line has ended and either the batch is full or nothing more is waiting.
Result<> LineBatches::fill() {
  while (true) {
    const size_t size = buffer_.size();
    buffer_.resize(size + (1u << 17));
    const ssize_t n = ::read(descriptor_, buffer_.data() + size, buffer_.size() - size);
    buffer_.resize(size + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("read", "standard input", errno);
    if (n == 0) {
      at_end_ = true;
      return {};
    }
    const bool has_line = buffer_.find('\n', scanned_) != std::string::npos;
    if (has_line && (buffer_.size() >= bytes_ || !more_is_there(descriptor_))) return {};
    if (has_line) continue;
    scanned_ = buffer_.size();
    if (buffer_.size() > line_bytes_) {  // the length is all that is kept of it
      dropped_ += buffer_.size();
      buffer_.clear();
      scanned_ = 0;
    }
  }
}

void LineBatches::take(LineBatch& batch, std::string_view line) {
  const uint64_t length = line.size() + dropped_;
  dropped_ = 0;
  std::string error;
  if (length > line_bytes_) {
    error =
        fmt::format("stdin:{}: a line of {} bytes, the limit is {}", number_, length, line_bytes_);
  } else if (const auto checked = check_utf8(line, fmt::format("stdin:{}", number_));
             !checked.ok()) {
    error = checked.error().message;
  }
  batch.lines.push_back(error.empty() ? line : std::string_view());
  batch.errors.push_back(std::move(error));
  ++number_;
}

Result<bool> LineBatches::next(LineBatch& batch) {
  buffer_.erase(0, used_);
  used_ = 0;
  scanned_ = buffer_.size();  // the beginning of a line, all whole ones were taken
  batch.lines.clear();
  batch.errors.clear();
  batch.first_number = number_;
  if (!at_end_) TRY(fill());
  for (size_t end; (end = buffer_.find('\n', used_)) != std::string::npos; used_ = end + 1)
    take(batch, std::string_view(buffer_).substr(used_, end - used_));
  if (at_end_ && (used_ < buffer_.size() || dropped_ > 0)) {  // a last line without line end
    take(batch, std::string_view(buffer_).substr(used_));
    used_ = buffer_.size();
  }
  return !batch.lines.empty();
}

}  // namespace penchant

#include "app/output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/files.h"
#include "base/utf8.h"

namespace penchant {

namespace {

struct Range {
  char32_t first, last;
};

// East Asian wide and full-width characters and emoji: two columns on a terminal.
constexpr Range wide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},  {0xA960, 0xA97C}, {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD}};
// Combining marks and joiners: none.
constexpr Range narrow[] = {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF},
                            {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}};

bool contains(std::span<const Range> ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](Range range) { return c >= range.first && c <= range.last; });
}

size_t width(char32_t c) {
  if (c < 0x20 || c == 0x7F || contains(narrow, c)) return 0;
  return contains(wide, c) ? 2 : 1;
}

}  // namespace

bool stdout_is_terminal() { return isatty(STDOUT_FILENO) == 1; }
bool stderr_is_terminal() { return isatty(STDERR_FILENO) == 1; }

Result<> write_out(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error("write", "standard output", errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

size_t terminal_columns() {
  winsize size = {};
  if (!stdout_is_terminal() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

size_t display_width(std::string_view text) {
  size_t out = 0;
  for (size_t at = 0; at < text.size();) out += width(utf8_next(text, at));
  return out;
}

std::string cut_to_width(std::string_view text, size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  size_t used = 0, end = 0;
  for (size_t at = 0; at < text.size(); end = at) {
    used += width(utf8_next(text, at));
    if (used + 1 > columns) break;
  }
  std::string out(text.substr(0, end));
  if (columns > 0) out += "\xE2\x80\xA6";  // one ellipsis
  return out;
}

std::string Table::text(size_t columns) const {
  std::vector<size_t> widths(rows_[0].size());
  for (const auto& row : rows_)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  std::string out;
  for (const auto& row : rows_) {
    size_t used = 0;
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      out += row[i] + std::string(widths[i] - display_width(row[i]) + 2, ' ');
      used += widths[i] + 2;
    }
    // A terminal too narrow for the first columns wraps; cutting more would hide everything.
    out += columns > used + 8 ? cut_to_width(row.back(), columns - used) : row.back();
    out += '\n';
  }
  return out;
}

Progress::Progress(std::string_view unit)
    : unit_(unit),
      enabled_(stderr_is_terminal()),
      started_(std::chrono::steady_clock::now()),
      last_(started_) {}

void Progress::show(uint64_t done, uint64_t bytes_done, uint64_t bytes_total) {
  const auto now = std::chrono::steady_clock::now();
  if (!enabled_ || now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  std::string line = fmt::format("{} {}", with_commas(done), unit_);
  if (bytes_total > 0) line += fmt::format("  {}%", 100 * bytes_done / bytes_total);
  line += fmt::format("  {}/s", with_commas(static_cast<uint64_t>(double(done) / seconds)));
  if (bytes_done > 0 && bytes_total >= bytes_done) {
    const auto left =
        static_cast<uint64_t>(seconds * double(bytes_total - bytes_done) / double(bytes_done));
    line += fmt::format("  {}:{:02} left", left / 60, left % 60);
  }
  fmt::print(stderr, "\r\x1b[K{}", line);
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::clear() {
  if (!drawn_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  drawn_ = false;
}

std::string with_commas(uint64_t number) {
  std::string out = fmt::format("{}", number);
  for (size_t at = out.size(); at > 3;) out.insert(at -= 3, 1, ',');
  return out;
}

}  // namespace penchant

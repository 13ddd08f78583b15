#include "base/text_lines.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace penchant {

Result<std::vector<TextLine>> read_text_lines(const Path& file, size_t most,
                                              std::string_view what) {
  TRY(LineReader reader, LineReader::open(file));
  std::vector<TextLine> lines;
  std::string_view line;
  while (true) {
    TRY(const bool more, reader.next(line));
    if (!more) return lines;
    if (line.empty()) continue;
    TRY(check_utf8(line, fmt::format("{}:{}", file.string(), reader.line_number())));
    if (lines.size() >= most)
      return too_large(fmt::format("{}: more than {} {}", file.string(), most, what));
    lines.push_back({reader.line_number(), std::string(line)});
  }
}

}  // namespace penchant

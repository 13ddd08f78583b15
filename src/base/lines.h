// The lines of a text in memory. Thread-safety: functions.
#pragma once

#include <algorithm>
#include <string_view>

namespace penchant {

// visit(line) for each, in order, without its line feed; one at the end of the text begins no line.
template <class Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace penchant

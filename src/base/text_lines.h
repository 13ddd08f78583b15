// The lines of a file, whole in memory. Thread-safety: a function on its arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace penchant {

struct TextLine {
  uint64_t number = 0;  // from 1
  std::string text;
};

// Those of a plain or gzip file that are not empty. Invalid UTF-8 and more than `most` lines are
// errors; `what` names what the lines are: "texts".
Result<std::vector<TextLine>> read_text_lines(const Path& file, size_t most, std::string_view what);

}  // namespace penchant

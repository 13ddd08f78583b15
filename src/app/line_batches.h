// Standard input as batches of lines, for commands that answer line by line: large batches while
// input is plenty, small ones at once when it trickles. Lines end with "\n" alone and are otherwise
// given as they are. Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"

namespace penchant {

struct LineBatch {
  std::vector<std::string_view> lines;  // valid until the next call
  // For each line what is wrong with it (invalid UTF-8, too long; the line is then empty), or "".
  std::vector<std::string> errors;
  uint64_t first_number = 1;  // of lines[0], counted from 1
};

class LineBatches {
 public:
  // Batches of about `bytes`; lines longer than `line_bytes` are errors of their own.
  explicit LineBatches(int descriptor, size_t bytes, size_t line_bytes = limits::text_bytes)
      : descriptor_(descriptor), bytes_(bytes), line_bytes_(line_bytes) {}

  // False at the end of the input.
  Result<bool> next(LineBatch& batch);

 private:
  Result<> fill();
  void take(LineBatch& batch, std::string_view line);

  int descriptor_;
  size_t bytes_, line_bytes_;
  std::string buffer_;
  size_t used_ = 0;       // of buffer_: lines given by the last call
  size_t scanned_ = 0;    // of buffer_: known to hold no further line end
  uint64_t dropped_ = 0;  // bytes dropped of a line that is too long
  uint64_t number_ = 1;
  bool at_end_ = false;
};

}  // namespace penchant

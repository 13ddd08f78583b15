// What the values of a tensor are, by the names that safetensors and ggml have for them: single
// numbers, or ggml's blocks, in which some consecutive values of a row share their scale. The
// layouts of blocks are in docs/FORMATS.md.
// Thread-safety: immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penchant {

struct ValueType {
  std::string_view name;
  size_t values;  // in a block; 1: single numbers
  size_t bytes;   // of a block
  // Blocks to floats, out[blocks * values]; null: no floats, or of a kind that is not read.
  void (*to_floats)(const uint8_t* from, size_t blocks, float* out);
};

// Null for a name that is not known.
const ValueType* find_value_type(std::string_view name);

}  // namespace penchant

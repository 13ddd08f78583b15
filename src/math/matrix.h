// A dense row-major float matrix that owns its memory; views are std::span<const float>.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/check.h"

namespace penchant {

struct Matrix {
  size_t rows = 0;
  size_t cols = 0;
  std::vector<float> values;  // [rows, cols]

  Matrix() = default;
  Matrix(size_t r, size_t c) : rows(r), cols(c), values(r * c) {}

  std::span<float> row(size_t i) { return {values.data() + i * cols, cols}; }
  std::span<const float> row(size_t i) const { return {values.data() + i * cols, cols}; }
};

}  // namespace penchant

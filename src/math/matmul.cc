#include "math/matmul.h"

#include <algorithm>

#include "base/check.h"
#include "math/kernels.h"

namespace penchant {

size_t packed_size(const Kernels& table, size_t k, size_t n) {
  return (n + table.panel - 1) / table.panel * table.panel * k;
}

void pack(const Kernels& table, const float* b, size_t row_stride, size_t column_stride, size_t k,
          size_t n, float* packed) {
  for (size_t column = 0; column < n; column += table.panel) {
    const size_t columns = std::min(table.panel, n - column);
    for (size_t i = 0; i < k; ++i, packed += table.panel) {
      const float* from = b + i * row_stride + column * column_stride;
      for (size_t j = 0; j < columns; ++j) packed[j] = from[j * column_stride];
      std::fill(packed + columns, packed + table.panel, 0.0f);
    }
  }
}

FloatLinear::FloatLinear(std::span<const float> weights, size_t n, size_t k,
                         std::span<const float> bias)
    : table_(&kernels()),
      n_(n),
      k_(k),
      packed_(packed_size(*table_, k, n)),
      bias_(bias.begin(), bias.end()) {
  CHECK(weights.size() == n * k, "weights are [n, k]");
  CHECK(bias.empty() || bias.size() == n, "bias is [n]");
  pack(*table_, weights.data(), 1, k, k, n, packed_.data());
}

void FloatLinear::run(const float* x, size_t x_stride, size_t m, float* y, size_t y_stride) const {
  table_->matmul(x, x_stride, packed_.data(), bias_.empty() ? nullptr : bias_.data(), m, k_, n_, y,
                 y_stride);
}

}  // namespace penchant

// Products with packed weights: y[M, N] = x[M, K] W^T + bias, W as [N, K] rows like the Hugging
// Face files have it. A row of y does not depend on M or on the other rows.
// Thread-safety: immutable after construction; run() may be called from any number of threads.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "math/kernel_table.h"

namespace penchant {

// b[K, N] in the panels that Kernels::matmul reads. `packed` holds packed_size floats.
size_t packed_size(const Kernels& table, size_t k, size_t n);
// Element (i, j) of b lies at b[i * row_stride + j * column_stride].
void pack(const Kernels& table, const float* b, size_t row_stride, size_t column_stride, size_t k,
          size_t n, float* packed);

// Single precision: the reference.
class FloatLinear {
 public:
  FloatLinear() = default;
  // `bias` is empty or [N].
  FloatLinear(std::span<const float> weights, size_t n, size_t k, std::span<const float> bias);

  size_t outputs() const { return n_; }
  void run(const float* x, size_t x_stride, size_t m, float* y, size_t y_stride) const;

 private:
  const Kernels* table_ = nullptr;  // panels fit one table only
  size_t n_ = 0, k_ = 0;
  std::vector<float> packed_, bias_;
};

}  // namespace penchant

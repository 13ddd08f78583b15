// Products with packed weights: y[M, N] = x[M, K] W^T + bias, W as [N, K] rows like the Hugging
// Face files have it. A row of y does not depend on M or on the other rows.
//
// FloatLinear is the reference. PackedLinear is the fast one: bytes (weights with a scale for each
// output, activations with a step for each row, sums exact in 32 bits) or bfloat16, on the products
// of this processor (math/products.h).
// Thread-safety: immutable from the first run() on, which may be called from any number of threads,
// each with its own PackedWork.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "math/aligned.h"
#include "math/kernel_table.h"
#include "math/product_table.h"

namespace penchant {

// b[K, N] in the panels that Kernels::matmul reads. `packed` holds packed_size floats.
size_t packed_size(const Kernels& table, size_t k, size_t n);
// Element (i, j) of b lies at b[i * row_stride + j * column_stride].
void pack(const Kernels& table, const float* b, size_t row_stride, size_t column_stride, size_t k,
          size_t n, float* packed);

class FloatLinear {
 public:
  FloatLinear() = default;
  // `bias` is empty or [N].
  FloatLinear(std::span<const float> weights, size_t n, size_t k, std::span<const float> bias);

  void run(const float* x, size_t x_stride, size_t m, float* y, size_t y_stride) const;

 private:
  const Kernels* table_ = nullptr;  // panels fit one table only
  size_t n_ = 0, k_ = 0;
  std::vector<float> packed_, bias_;
};

enum class Number { bytes, halves };  // halves: bfloat16

// Rows of activations as a product reads them: bytes with a step for each row, or bfloat16.
class PackedRows {
 public:
  void reshape(size_t rows, size_t k, Number number);  // contents are undefined
  // x[k], times factors[k] where they are not null (bytes only).
  void set(size_t row, const float* x, const float* factors = nullptr);

  size_t row_bytes() const { return row_bytes_; }
  uint8_t* at(size_t row) { return data_.data() + row * row_bytes_; }
  const uint8_t* at(size_t row) const { return data_.data() + row * row_bytes_; }
  float* steps() { return steps_.data(); }
  const float* steps() const { return steps_.data(); }

 private:
  size_t k_ = 0, row_bytes_ = 0;
  Number number_ = Number::bytes;
  AlignedBuffer<uint8_t> data_;
  AlignedBuffer<float> steps_;
};

// Memory a product needs besides its operands.
struct PackedWork {
  AlignedBuffer<int32_t> partial;
  AlignedBuffer<float> values, tops;
};

// Weights of one output as bytes in -top .. top, top at most 127: each is nearest to
// weight / scale. Gives the scale, which is max|weight| / top.
float round_weights(std::span<const float> weights, int top, int8_t* bytes);

class PackedLinear {
 public:
  // Number::halves only where products().halves is not null. `zero` is the byte of x that stands
  // for 0: gelu_zero for what run_gelu gives.
  PackedLinear(std::span<const float> weights, size_t n, size_t k, std::span<const float> bias,
               Number number, int zero = plain_zero);
  // Of weights that are bytes already, as round_weights() makes them with 127: output i is
  // scales[i] * rows[i], [k]. A processor that multiplies 7 bits only rounds them once more; with
  // any other it is what the floats that they are rounded from give, bit for bit.
  PackedLinear(std::span<const int8_t* const> rows, std::span<const float> scales, size_t k,
               std::span<const float> bias, int zero = plain_zero);

  // The first `count` outputs, times `factor`; not for halves, and before the first run().
  void scale_outputs(size_t count, float factor);

  // All take rows first .. first + m of x.
  void run(const PackedRows& x, size_t first, size_t m, float* y, size_t y_stride,
           PackedWork& work) const;  // y = product + bias
  void run_add(const PackedRows& x, size_t first, size_t m, float* y, size_t y_stride,
               PackedWork& work) const;  // y += product + bias
  // y[m, N filled up to 64] = product + bias as bfloat16; only where products().attend is not null.
  void run_halves(const PackedRows& x, size_t first, size_t m, uint16_t* y, size_t y_stride,
                  PackedWork& work) const;
  // Rows 0 .. m of out = GELU(product + bias), packed again; out has the shape [m, N].
  void run_gelu(const PackedRows& x, size_t first, size_t m, PackedRows& out,
                PackedWork& work) const;

 private:
  PackedLinear(size_t n, size_t k, std::span<const float> bias, Number number);
  void put_bytes(size_t first, std::span<const int8_t* const> rows, size_t k, int zero);
  ProductOperands operands(const PackedRows& x, size_t first, size_t m, PackedWork& work) const;

  const Products* products_;  // weights fit one only
  const ProductTable* table_;
  size_t n_, filled_, row_bytes_;
  AlignedBuffer<uint8_t> weights_;
  std::vector<int32_t> offsets_;
  std::vector<float> scales_, bias_;
};

}  // namespace penchant

// Products with packed weights: y[M, N] = x[M, K] W^T + bias, W as [N, K] rows like the Hugging
// Face files have it. A row of y does not depend on M or on the other rows.
//
// FloatLinear is the reference. ByteLinear is the fast one: weights as bytes with a scale for each
// output, activations as bytes with a step for each row, sums exact in 32 bits. It runs on one of
// several backends, chosen by what the processor does well; all give the same sums.
// Thread-safety: immutable after construction; run() may be called from any number of threads, each
// with its own ByteWork.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "math/aligned.h"
#include "math/kernel_table.h"

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

// Rows of activations: x[r] is about step(r) * bytes. Filled up with zeros to chunks of 64 bytes,
// and with undefined rows to a multiple of 32.
class ByteRows {
 public:
  // Contents are undefined. `tiled`: 16 rows by 64 bytes lie together (ByteLinear::tiled).
  void reshape(size_t rows, size_t k, bool tiled);
  void set(size_t row, const float* x);  // [k]

  int8_t* at(size_t row);
  const int8_t* at(size_t row) const { return const_cast<ByteRows*>(this)->at(row); }
  size_t chunk_stride() const { return tiled_ ? 1024 : 64; }  // within a row
  float* steps() { return steps_.data(); }
  const float* steps() const { return steps_.data(); }

 private:
  size_t k_ = 0, chunks_ = 0;
  bool tiled_ = false;
  AlignedBuffer<int8_t> bytes_;
  AlignedBuffer<float> steps_;
};

// Memory a product needs besides its operands.
struct ByteWork {
  AlignedBuffer<int32_t> sums;
  AlignedBuffer<float> floats;
  AlignedBuffer<uint16_t> halves;
  AlignedBuffer<uint8_t> library;
};

class ByteProduct;

class ByteLinear {
 public:
  ByteLinear(std::span<const float> weights, size_t n, size_t k, std::span<const float> bias);
  ByteLinear(ByteLinear&&) noexcept;
  ByteLinear& operator=(ByteLinear&&) noexcept;
  ~ByteLinear();

  bool tiled() const;  // how the rows of x must lie

  // Rows first .. first + m of x; `first` is a multiple of 32.
  void run(const ByteRows& x, size_t first, size_t m, float* y, size_t y_stride,
           ByteWork& work) const;  // y = product + bias
  void run_add(const ByteRows& x, size_t first, size_t m, float* y, size_t y_stride,
               ByteWork& work) const;  // y += product + bias
  // Rows 0 .. m of out = GELU(product + bias), as bytes again; out has the shape [m, N].
  void run_gelu(const ByteRows& x, size_t first, size_t m, ByteRows& out, ByteWork& work) const;

 private:
  std::unique_ptr<const ByteProduct> product_;
};

// Backends this processor can run, best first; the last is always "portable".
std::vector<std::string_view> byte_backend_names();
// For ByteLinears made from now on; false for an unknown name or one that cannot run here.
// Thread-safety: call before other threads construct.
bool set_byte_backend(std::string_view name);
std::string_view byte_backend_name();

}  // namespace penchant

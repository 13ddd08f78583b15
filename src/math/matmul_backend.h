// What stands behind ByteLinear: one class for each backend. Only math/matmul*.cc include this.
// Thread-safety: products are immutable.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "math/matmul.h"

namespace penchant {

struct ByteWeights {
  size_t n = 0;
  size_t k = 0;               // a multiple of 64, filled up with zeros
  std::vector<int8_t> bytes;  // [n, k]
  std::vector<float> scales;  // [n]
  std::vector<float> bias;    // [n]
};

class ByteProduct {
 public:
  virtual ~ByteProduct() = default;
  virtual bool tiled() const = 0;
  virtual void run(const ByteRows& x, size_t first, size_t m, bool add, float* y, size_t y_stride,
                   ByteWork& work) const = 0;
  virtual void run_gelu(const ByteRows& x, size_t first, size_t m, ByteRows& out,
                        ByteWork& work) const = 0;
};

// A backend that only gives sums: scales, bias and what follows are applied behind it.
class SumProduct : public ByteProduct {
 public:
  explicit SumProduct(ByteWeights weights) : weights_(std::move(weights)) {}

  bool tiled() const override { return false; }
  void run(const ByteRows& x, size_t first, size_t m, bool add, float* y, size_t y_stride,
           ByteWork& work) const override;
  void run_gelu(const ByteRows& x, size_t first, size_t m, ByteRows& out,
                ByteWork& work) const override;

 protected:
  static constexpr size_t rows_max = 64;
  // c[m, n] for m <= rows_max; x has at least rows_max readable rows of k bytes.
  virtual void sums(const int8_t* x, size_t m, int32_t* c, ByteWork& work) const = 0;
  ByteWeights weights_;
};

struct ByteBackend {
  std::string_view name;
  int weight_max;  // of the bytes: fewer bits where the processor's sums saturate
  bool (*runs)();
  // Null when this backend cannot do the shape; the next one is asked.
  std::unique_ptr<const ByteProduct> (*make)(const ByteWeights& weights);
};

extern const ByteBackend byte_backend_tiles;
extern const ByteBackend byte_backend_onednn;
extern const ByteBackend byte_backend_onednn_7bit;
extern const ByteBackend byte_backend_portable;

}  // namespace penchant

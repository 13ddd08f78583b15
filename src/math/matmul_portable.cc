// Byte products on the kernels alone: what the other backends are tested against.
#include "math/kernels.h"
#include "math/matmul_backend.h"

namespace penchant {

namespace {

class PortableProduct final : public SumProduct {
 public:
  using SumProduct::SumProduct;

 private:
  void sums(const int8_t* x, size_t m, int32_t* c, ByteWork& /*work*/) const override {
    for (size_t r = 0; r < m; ++r)
      kernels().dot_int8_rows(x + r * weights_.k, weights_.bytes.data(), weights_.n, weights_.k,
                              weights_.k, c + r * weights_.n);
  }
};

}  // namespace

const ByteBackend byte_backend_portable = {
    "portable", 127, [] { return true; },
    [](const ByteWeights& weights) -> std::unique_ptr<const ByteProduct> {
      return std::make_unique<PortableProduct>(weights);
    }};

}  // namespace penchant

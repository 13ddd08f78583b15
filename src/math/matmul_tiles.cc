// Byte products on AMX (math/tiles.h), and whether this machine has it.
#include <memory>

#include "math/matmul_backend.h"
#include "math/tiles.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace penchant {

namespace tiles {

namespace {

#if defined(__x86_64__)
// Tile data is a large piece of state that Linux hands out on request only.
bool system_grants_tiles() {
  constexpr int request_permission = 0x1023, tile_data = 18;
  return ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

bool processor_has_tiles() {
  constexpr unsigned bfloat16 = 1u << 22, tile = 1u << 24, bytes = 1u << 25;
  constexpr unsigned avx512_bfloat16 = 1u << 5;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  if ((d & bfloat16) == 0 || (d & tile) == 0 || (d & bytes) == 0) return false;
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d) == 0) return false;
  return (a & avx512_bfloat16) != 0 && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}
#endif

}  // namespace

bool usable() {
#if defined(__x86_64__)
  static const bool yes = processor_has_tiles() && system_grants_tiles();
  return yes;
#else
  return false;
#endif
}

void pack_weights(const int8_t* w, size_t n, size_t k, int8_t* packed) {
  for (size_t column = 0; column < (n + 31) / 32 * 32; column += 16)
    for (size_t chunk = 0; chunk < k; chunk += 64)
      for (size_t i = 0; i < 64; i += 4)
        for (size_t j = 0; j < 16; ++j)
          for (size_t b = 0; b < 4; ++b)
            *packed++ = column + j < n ? w[(column + j) * k + chunk + i + b] : int8_t{0};
}

}  // namespace tiles

namespace {

#if defined(__x86_64__)

class TileProduct final : public ByteProduct {
 public:
  explicit TileProduct(const ByteWeights& weights)
      : n_(weights.n), k_(weights.k), scales_(weights.scales), bias_(weights.bias) {
    const size_t filled = (n_ + 31) / 32 * 32;
    scales_.resize(filled);
    bias_.resize(filled);
    tiles::pack_weights(weights.bytes.data(), n_, k_, packed_.room(filled * k_));
  }

  bool tiled() const override { return true; }

  void run(const ByteRows& x, size_t first, size_t m, bool add, float* y, size_t y_stride,
           ByteWork& /*work*/) const override {
    tiles::product(operands(x, first, m), add, y, y_stride);
  }

  void run_gelu(const ByteRows& x, size_t first, size_t m, ByteRows& out,
                ByteWork& work) const override {
    const size_t rows = (m + 31) / 32 * 32;
    tiles::product_gelu(operands(x, first, m), work.halves.room(rows * scales_.size()),
                        work.floats.room(rows * 16), out.at(0), out.steps());
  }

 private:
  tiles::Operands operands(const ByteRows& x, size_t first, size_t m) const {
    return {x.at(first), x.steps() + first, packed_.data(), scales_.data(), bias_.data(), m, k_,
            n_};
  }

  size_t n_, k_;
  std::vector<float> scales_, bias_;
  AlignedBuffer<int8_t> packed_;
};

std::unique_ptr<const ByteProduct> make(const ByteWeights& weights) {
  return std::make_unique<TileProduct>(weights);
}

#else

std::unique_ptr<const ByteProduct> make(const ByteWeights&) { return nullptr; }

#endif

}  // namespace

const ByteBackend byte_backend_tiles = {"amx", 127, tiles::usable, make};

}  // namespace penchant

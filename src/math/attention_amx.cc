// Attention on the tiles of AMX. Compiled with AMX, AVX-512 BF16 and FP16 flags
// (cmake/Kernels.cmake).
#if (defined(__AMX_INT8__) || defined(__AMXINT8__)) && defined(__AVX512FP16__)

#include "math/attention_text.h"
#include "math/tile_scope.h"

namespace penchant {

namespace {

void multiply(const uint16_t* a, size_t a_stride, size_t rows, const uint16_t* panels, size_t k,
              size_t n, float* out, size_t out_stride) {
  const size_t a_bytes = a_stride * 2, out_bytes = out_stride * 4;
  for (size_t j = 0; j < n; j += 32) {
    const uint16_t* b0 = panels + j * k;
    const uint16_t* b1 = b0 + 16 * k;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (size_t i = 0; i < k; i += 32) {
      _tile_loadd(4, a + i, a_bytes);
      _tile_loadd(6, b0 + i * 16, 64);
      _tile_loadd(7, b1 + i * 16, 64);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      if (rows <= 16) continue;
      _tile_loadd(5, a + 16 * a_stride + i, a_bytes);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
    float* at = out + j;
    _tile_stored(0, at, out_bytes);
    _tile_stored(1, at + 16, out_bytes);
    if (rows <= 16) continue;
    _tile_stored(2, at + 16 * out_stride, out_bytes);
    _tile_stored(3, at + 16 * out_stride + 16, out_bytes);
  }
}

}  // namespace

void attend_amx(const AttentionOperands& operands) {
  const TileScope scope;
  attend_heads(operands);
}

}  // namespace penchant

#endif

// Attention on dot products of bfloat16. Compiled with AVX-512, VNNI and BF16 flags
// (cmake/Kernels.cmake).
#if defined(__AVX512BF16__)

#include "math/attention_text.h"

namespace penchant {

namespace {

template <size_t R>
void multiply_rows(const uint16_t* a, size_t a_stride, const uint16_t* panels, size_t k, size_t n,
                   float* out, size_t out_stride) {
  for (size_t j = 0; j < n; j += 32) {
    const uint16_t* b = panels + j * k;
    F acc[R][2] = {};
    for (size_t i = 0; i < k; i += 2) {
      const auto b0 = (__m512bh)_mm512_loadu_si512(b + i * 16);
      const auto b1 = (__m512bh)_mm512_loadu_si512(b + (k + i) * 16);
      for (size_t r = 0; r < R; ++r) {
        int32_t two;
        __builtin_memcpy(&two, a + r * a_stride + i, 4);
        const auto x = (__m512bh)_mm512_set1_epi32(two);
        acc[r][0] = _mm512_dpbf16_ps(acc[r][0], x, b0);
        acc[r][1] = _mm512_dpbf16_ps(acc[r][1], x, b1);
      }
    }
    for (size_t r = 0; r < R; ++r) {
      store(out + r * out_stride + j, acc[r][0]);
      store(out + r * out_stride + j + W, acc[r][1]);
    }
  }
}

void multiply(const uint16_t* a, size_t a_stride, size_t rows, const uint16_t* panels, size_t k,
              size_t n, float* out, size_t out_stride) {
  size_t row = 0;
  for (; row + 8 <= rows; row += 8)
    multiply_rows<8>(a + row * a_stride, a_stride, panels, k, n, out + row * out_stride,
                     out_stride);
  for (; row < rows; ++row)
    multiply_rows<1>(a + row * a_stride, a_stride, panels, k, n, out + row * out_stride,
                     out_stride);
}

}  // namespace

void attend_avx512bf16(const AttentionOperands& operands) { attend_heads(operands); }

}  // namespace penchant

#endif

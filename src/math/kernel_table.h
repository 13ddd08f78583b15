// The table of inner loops that exists once per instruction set. Included by files compiled with
// special flags, so: plain pointers, no inline functions (a copy compiled for a newer processor
// must never be the one the linker keeps). Use them through math/kernels.h. Thread-safety:
// immutable tables of pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace penchant {

// n, rows, cols may be 0. Pointers need no alignment; what is written never overlaps what is read
// unless it is the same array.
struct Kernels {
  const char* name;

  float (*dot)(const float* a, const float* b, size_t n);
  // out[i] = dot(query, rows + i * stride, n): the same bits as dot gives.
  void (*dot_rows)(const float* query, const float* rows, size_t count, size_t stride, size_t n,
                   float* out);
  void (*axpy)(float a, const float* x, float* y, size_t n);  // y += a x
  void (*scale)(float a, float* x, size_t n);                 // x *= a
  void (*axpy_bytes)(float a, const int8_t* x, float* y, size_t n);
  // Of n / 2 bytes, n even: byte i holds x[i] + 8 in its low half and x[n / 2 + i] + 8 in its high
  // one, each x in [-8, 7].
  void (*axpy_nibbles)(float a, const uint8_t* x, float* y, size_t n);

  // Exact for n up to 2^16.
  int32_t (*dot_int8)(const int8_t* a, const int8_t* b, size_t n);
  void (*dot_int8_rows)(const int8_t* query, const int8_t* rows, size_t count, size_t stride,
                        size_t n, int32_t* out);
  // Symmetric: q = round(x / s), s = max|x| / 127. Returns s (0 for a row of zeros).
  float (*quantise)(const float* x, size_t n, int8_t* q);

  // The same of x * factors with 128 added; null factors are ones.
  float (*quantise_unsigned)(const float* x, const float* factors, size_t n, uint8_t* q);
  void (*to_halves)(const float* x, size_t n, uint16_t* out);  // bfloat16, to even; no NaN

  void (*exp)(float* x, size_t n);   // relative error below 2e-7; 0 below -87.3, at most e^88
  void (*gelu)(float* x, size_t n);  // x * Phi(x), the exact (erf) one; absolute error below 5e-7
  void (*gelu_tanh)(float* x, size_t n);  // its approximation x sigmoid(1.5958 (x + 0.0447 x^3))
  void (*silu)(float* x, size_t n);       // x sigmoid(x)
  void (*relu)(float* x, size_t n);       // max(x, 0)
  void (*softmax)(float* x, size_t n, float scale);  // of scale * x
  // (x - mean) / sqrt(variance + epsilon) * gamma + beta
  void (*layer_norm)(const float* x, const float* gamma, const float* beta, float epsilon, size_t n,
                     float* out);
  // x / sqrt(mean of squares + epsilon) * gamma + beta
  void (*rms_norm)(const float* x, const float* gamma, const float* beta, float epsilon, size_t n,
                   float* out);

  // c[M, N] = a[M, K] b[K, N] + bias[N] (null: none). b is packed by math/matmul: panels of
  // `panel` columns, each [K, panel], the last one filled up with zeros. Every element is one sum
  // in the order of K, so a row of c does not depend on the other rows.
  void (*matmul)(const float* a, size_t a_stride, const float* packed, const float* bias, size_t m,
                 size_t k, size_t n, float* c, size_t c_stride);
  size_t panel;
};

extern const Kernels kernels_portable;
extern const Kernels kernels_avx2;
extern const Kernels kernels_avx512;

}  // namespace penchant

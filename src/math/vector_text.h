// One vector of floats at a time, as wide as the flags of the including file allow: the building
// blocks of kernels_text.h and of the files that have intrinsics of their own. Everything is local
// to the including file: no standard headers with inline functions, so that no copy compiled for a
// newer processor is ever the one the linker keeps.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace penchant {

namespace {

#if defined(__AVX512F__)
constexpr size_t W = 16;  // floats a vector
#elif defined(__AVX2__)
constexpr size_t W = 8;
#else
constexpr size_t W = 4;
#endif

typedef float F __attribute__((vector_size(W * 4)));
typedef int32_t I __attribute__((vector_size(W * 4)));

// ---- one vector ----

inline F load(const float* p) {
  F v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
inline void store(float* p, F v) { __builtin_memcpy(p, &v, sizeof v); }
inline F splat(float x) { return x - F{}; }  // adding 0 costs an addition: -0 would change

// The first n < W values; the others are `fill`.
inline F load_part(const float* p, size_t n, float fill) {
#if defined(__AVX512F__)
  return _mm512_mask_loadu_ps(splat(fill), static_cast<__mmask16>((1u << n) - 1), p);
#else
  F v = splat(fill);
  for (size_t i = 0; i < n; ++i) v[i] = p[i];
  return v;
#endif
}
inline void store_part(float* p, F v, size_t n) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << n) - 1), v);
#else
  for (size_t i = 0; i < n; ++i) p[i] = v[i];
#endif
}

inline F fma(F a, F b, F c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__AVX2__)
  return _mm256_fmadd_ps(a, b, c);
#else
  return a * b + c;
#endif
}
inline F max(F a, F b) { return a > b ? a : b; }
inline F min(F a, F b) { return a < b ? a : b; }
inline F absolute(F x) { return F(I(x) & 0x7fffffff); }

inline float sum(F v) {
#if defined(__AVX512F__)
  return _mm512_reduce_add_ps(v);
#else
  for (size_t half = W / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; ++i) v[i] += v[i + half];
  return v[0];
#endif
}
inline float largest(F v) {
#if defined(__AVX512F__)
  return _mm512_reduce_max_ps(v);
#else
  for (size_t half = W / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; ++i) v[i] = v[i] > v[i + half] ? v[i] : v[i + half];
  return v[0];
#endif
}

// Adding this rounds a float below 2^22 to an integer (to even), which then stands in the low bits.
constexpr float rounder = 12582912.0f;

// e^x = 2^n e^r with |r| <= ln 2 / 2 and the polynomial of Cephes' expf.
inline F exponential(F x) {
  const F bounded = min(max(x, splat(-87.33f)), splat(88.0f));
  const F shifted = fma(bounded, splat(1.44269504f), splat(rounder));
  const F n = shifted - rounder;
  F r = fma(n, splat(-0.693359375f), bounded);
  r = fma(n, splat(2.12194440e-4f), r);
  F p = splat(1.9875691500e-4f);
  p = fma(p, r, splat(1.3981999507e-3f));
  p = fma(p, r, splat(8.3334519073e-3f));
  p = fma(p, r, splat(4.1665795894e-2f));
  p = fma(p, r, splat(1.6666665459e-1f));
  p = fma(p, r, splat(5.0000001201e-1f));
  p = fma(p, r * r, r + 1.0f);
  const F result = F(I(p) + (I(shifted) << 23));
  return x < -87.33f ? F{} : result;
}

// x Phi(x) = max(x, 0) - |x| erfc(|x| / sqrt 2) / 2, erfc by Abramowitz and Stegun 7.1.26.
inline F gelu_of(F x) {
  const F size = absolute(x);
  const F t = 1.0f / fma(size, splat(0.3275911f * 0.70710678f), splat(1.0f));
  F p = splat(1.061405429f);
  p = fma(p, t, splat(-1.453152027f));
  p = fma(p, t, splat(1.421413741f));
  p = fma(p, t, splat(-0.284496736f));
  p = fma(p, t, splat(0.254829592f));
  const F tail = p * t * exponential(x * x * -0.5f);
  return fma(size * -0.5f, tail, max(x, F{}));
}

// The same for values that become bytes next: Phi by an odd polynomial on [-3.9, 3.9], constant
// outside; absolute error below 2e-4 up to |x| = 10.
inline F gelu_fast_of(F x) {
  const F bounded = min(max(x, splat(-3.9f)), splat(3.9f));
  const F z = bounded * bounded;
  F p = splat(2.62728741e-8f);
  p = fma(p, z, splat(-1.77056416e-6f));
  p = fma(p, z, splat(5.12385839e-5f));
  p = fma(p, z, splat(-8.44523872e-4f));
  p = fma(p, z, splat(8.91383929e-3f));
  p = fma(p, z, splat(-6.48695742e-2f));
  p = fma(p, z, splat(3.98085658e-1f));
  return x * fma(p, bounded, splat(0.5f));
}

// out[4 W] = round(x * inverse) + zero as bytes: signed ones for a zero of 0, else unsigned.
template <int zero>
inline void store_bytes(uint8_t* out, F a, F b, F c, F d, F inverse) {
  const F offset = splat(zero);
#if defined(__AVX512F__)
  const auto both = [&](F low, F high) {
    return _mm512_packs_epi32(_mm512_cvtps_epi32(fma(low, inverse, offset)),
                              _mm512_cvtps_epi32(fma(high, inverse, offset)));
  };
  // Packing works within each 128 bits: put the fours of a, b, c, d back in their order.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i mixed = zero == 0 ? _mm512_packs_epi16(both(a, b), both(c, d))
                                  : _mm512_packus_epi16(both(a, b), both(c, d));
  const __m512i bytes = _mm512_permutexvar_epi32(order, mixed);
#elif defined(__AVX2__)
  const auto both = [&](F low, F high) {
    return _mm256_packs_epi32(_mm256_cvtps_epi32(fma(low, inverse, offset)),
                              _mm256_cvtps_epi32(fma(high, inverse, offset)));
  };
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  const __m256i mixed = zero == 0 ? _mm256_packs_epi16(both(a, b), both(c, d))
                                  : _mm256_packus_epi16(both(a, b), both(c, d));
  const __m256i bytes = _mm256_permutevar8x32_epi32(mixed, order);
#else
  uint8_t bytes[4 * W];
  const F parts[] = {a, b, c, d};
  for (size_t part = 0; part < 4; ++part) {
    const I rounded = I(fma(parts[part], inverse, offset) + rounder);
    for (size_t i = 0; i < W; ++i) bytes[part * W + i] = static_cast<uint8_t>(rounded[i]);
  }
#endif
  __builtin_memcpy(out, &bytes, 4 * W);
}

#if defined(__AVX512BF16__)
// out[2 W] = a and b as bfloat16.
inline void store_brains(uint16_t* out, F a, F b) {
  const auto pair = _mm512_cvtne2ps_pbh(b, a);
  __builtin_memcpy(out, &pair, sizeof pair);
}
#endif

}  // namespace

}  // namespace penchant

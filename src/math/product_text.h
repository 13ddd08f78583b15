// The text of the products. A file compiled with the flags of one instruction set includes this and
// makes a Products of bytes_table and, with bfloat16, halves_table. Everything here is local to the
// including file.
#pragma once

#include "math/product_table.h"
#include "math/vector_text.h"

namespace penchant {

namespace {

// A block of sums: as many rows and vectors of columns as keep all registers busy.
constexpr size_t block_vectors = W == 16 ? 4 : 2;
constexpr size_t block_columns = block_vectors * W;
constexpr size_t block_rows = W == 16 ? 6 : 4;

// ---- what is multiplied ----

// acc + the products of four unsigned and four signed bytes in each lane.
inline I dot_bytes(I acc, I x, I w) {
#if defined(__AVX512VNNI__)
  return I(_mm512_dpbusd_epi32(__m512i(acc), __m512i(x), __m512i(w)));
#elif defined(__AVXVNNI__)
  return I(_mm256_dpbusd_avx_epi32(__m256i(acc), __m256i(x), __m256i(w)));
#elif defined(__AVX2__)
  // Pairs are added in 16 bits: exact for weights of 7 bits.
  const __m256i pairs = _mm256_maddubs_epi16(__m256i(x), __m256i(w));
  return acc + I(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
#else
  for (int byte = 0; byte < 32; byte += 8) acc += ((x >> byte) & 0xff) * ((w << (24 - byte)) >> 24);
  return acc;
#endif
}

struct Bytes {
  using Sum = I;
  static constexpr bool scaled = true;
  static Sum dot(Sum acc, I x, I w) { return dot_bytes(acc, x, w); }
  static F to_float(Sum sum) { return __builtin_convertvector(sum, F); }
};

#if defined(__AVX512BF16__)
struct Halves {
  using Sum = F;
  static constexpr bool scaled = false;
  static Sum dot(Sum acc, I x, I w) { return _mm512_dpbf16_ps(acc, (__m512bh)x, (__m512bh)w); }
  static F to_float(Sum sum) { return sum; }
};
#endif

// ---- what becomes of a pair of neighbouring vectors of a row ----

// `columns` of the block exist in y.
struct Store {
  float* y;
  size_t stride, columns;
  void pair(size_t row, size_t column, F a, F b) const {
    float* at = y + row * stride + column;
    if (column + 2 * W <= columns) {
      store(at, a);
      store(at + W, b);
    } else if (column < columns) {
      const size_t left = columns - column;
      store_part(at, a, left < W ? left : W);
      if (left > W) store_part(at + W, b, left - W);
    }
  }
};

struct Add {
  Store out;
  void pair(size_t row, size_t column, F a, F b) const {
    const float* at = out.y + row * out.stride + column;
    if (column + 2 * W <= out.columns) {
      out.pair(row, column, load(at) + a, load(at + W) + b);
    } else if (column < out.columns) {
      const size_t left = out.columns - column;
      out.pair(row, column, load_part(at, left < W ? left : W, 0) + a,
               left > W ? load_part(at + W, left - W, 0) + b : b);
    }
  }
};

#if defined(__AVX512BF16__)
struct StoreHalves {
  uint16_t* y;
  size_t stride;
  void pair(size_t row, size_t column, F a, F b) const {
    store_brains(y + row * stride + column, a, b);
  }
};

struct GeluHalves {
  uint16_t* y;
  size_t stride;
  void pair(size_t row, size_t column, F a, F b) const {
    store_brains(y + row * stride + column, gelu_fast_of(a), gelu_fast_of(b));
  }
};
#endif

// GELU of values that become bytes next, and the largest of them (the least, -0.17, is known):
// max(x, 0) - r(|x|) with r(a) = a Phi(-a) by a polynomial up to where it vanishes. On AVX-512 FP16
// they are 16 bits wide, 32 a vector: half as many operations.
#if defined(__AVX512FP16__)
using Value = _Float16;
using Values = __m512h;
inline Values load_values(const Value* p) { return _mm512_loadu_ph(p); }
inline void store_values(Value* p, Values v) { _mm512_storeu_ph(p, v); }
inline void raise_top(Value* top, Values v) {
  store_values(top, _mm512_max_ph(load_values(top), v));
}
inline float largest_value(const Value* top) {
  return static_cast<float>(_mm512_reduce_max_ph(load_values(top)));
}
inline Values spread(float x) { return _mm512_set1_ph(static_cast<_Float16>(x)); }

// In a - 1.75; absolute error below 1.2e-3, most of it the rounding of the result.
inline Values gelu_values(F a, F b) {
  const __m256h low = _mm512_cvtxps_ph(a), high = _mm512_cvtxps_ph(b);
  const Values x = _mm512_castsi512_ph(_mm512_inserti64x4(
      _mm512_castsi256_si512(_mm256_castph_si256(low)), _mm256_castph_si256(high), 1));
  const Values t = _mm512_sub_ph(_mm512_min_ph(_mm512_abs_ph(x), spread(3.5f)), spread(1.75f));
  Values r = spread(-7.7656444e-4f);
  r = _mm512_fmadd_ph(r, t, spread(2.1310867e-3f));
  r = _mm512_fmadd_ph(r, t, spread(6.0292549e-3f));
  r = _mm512_fmadd_ph(r, t, spread(-2.8883829e-2f));
  r = _mm512_fmadd_ph(r, t, spread(2.5244509e-2f));
  r = _mm512_fmadd_ph(r, t, spread(4.5734358e-2f));
  r = _mm512_fmadd_ph(r, t, spread(-1.1132129e-1f));
  r = _mm512_fmadd_ph(r, t, spread(7.0112356e-2f));
  return _mm512_sub_ph(_mm512_min_ph(_mm512_max_ph(x, spread(0)), spread(65504)), r);
}
inline void store_bytes(uint8_t* out, Values a, Values b, Values inverse) {
  const Values zero = spread(gelu_zero);
  const __m512i mixed = _mm512_packus_epi16(_mm512_cvtph_epi16(_mm512_fmadd_ph(a, inverse, zero)),
                                            _mm512_cvtph_epi16(_mm512_fmadd_ph(b, inverse, zero)));
  const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
  _mm512_storeu_si512(out, _mm512_permutexvar_epi64(order, mixed));
}
#else
using Value = float;
struct Values {
  F a, b;
};
inline Values load_values(const Value* p) { return {load(p), load(p + W)}; }
inline void store_values(Value* p, Values v) {
  store(p, v.a);
  store(p + W, v.b);
}
inline void raise_top(Value* top, Values v) { store(top, max(load(top), max(v.a, v.b))); }
inline float largest_value(const Value* top) { return largest(load(top)); }
inline Values spread(float x) { return {splat(x), splat(x)}; }
// Absolute error below 1.7e-3: a third of that of rounding to bytes.
inline F gelu_coarse_of(F x) {
  const F a = min(absolute(x), splat(3.2f));
  F r = splat(-0.0212593041f);
  r = fma(r, a, splat(0.185271636f));
  r = fma(r, a, splat(-0.543277979f));
  r = fma(r, a, splat(0.538838506f));
  r = fma(r, a, splat(-0.00166869699f));
  return max(x, F{}) - r;
}
inline Values gelu_values(F a, F b) { return {gelu_coarse_of(a), gelu_coarse_of(b)}; }
inline void store_bytes(uint8_t* out, Values a, Values b, Values inverse) {
  store_bytes<gelu_zero>(out, a.a, a.b, b.a, b.b, inverse.a);
}
#endif

// tops: 2 W values a row, in each lane the largest so far.
struct GeluValues {
  Value* values;
  size_t stride;
  Value* tops;
  void pair(size_t row, size_t column, F a, F b) const {
    const Values y = gelu_values(a, b);
    store_values(values + row * stride + column, y);
    raise_top(tops + row * 2 * W, y);
  }
};

// A row's values as bytes; its step. GELU's least, -0.17, stays above the lowest byte, and its
// largest, which 16 bits may have rounded, below the highest.
inline float round_values(const Value* values, size_t n, const Value* tops, uint8_t* out) {
  constexpr float steps_above = 255 - gelu_zero, finest = gelu_zero / 0.1712f;
  const float top = largest_value(tops);
  const float wanted = top * finest > steps_above ? steps_above / top : finest;
  const float inverse = static_cast<float>(static_cast<Value>(wanted));
  for (size_t c = 0; c < n; c += 4 * W)
    store_bytes(out + c, load_values(values + c), load_values(values + c + 2 * W), spread(inverse));
  return 1.0f / inverse;
}

// ---- blocks ----

// What two neighbouring vectors of columns, the first at column j, are finished with.
template <class E>
struct ColumnPair {
  F bias0, bias1, scale0, scale1;

  ColumnPair(const ProductOperands& o, size_t j)
      : bias0(load(o.bias + j)), bias1(load(o.bias + j + W)) {
    if constexpr (E::scaled) scale0 = load(o.scales + j), scale1 = load(o.scales + j + W);
  }

  // Of row i of o; row r, column c of the block.
  template <class Finish>
  void finish(const ProductOperands& o, size_t i, typename E::Sum a, typename E::Sum b, size_t r,
              size_t c, const Finish& finish) const {
    if constexpr (E::scaled) {
      const F step = splat(o.steps[i]);
      finish.pair(r, c, fma(E::to_float(a) * step, scale0, bias0),
                  fma(E::to_float(b) * step, scale1, bias1));
    } else {
      finish.pair(r, c, E::to_float(a) + bias0, E::to_float(b) + bias1);
    }
  }
};

#if !defined(PENCHANT_OWN_BLOCKS)

// R rows from row i, block_columns columns from column j, summed and finished in registers.
template <class E, size_t R, class Finish>
inline void run_block(const ProductOperands& o, size_t i, size_t j, const Finish& finish) {
  constexpr size_t in_panel = 16 / W;
  const uint8_t* x = o.x + i * o.row_bytes;
  // The block's first columns in their panel; a vector of 16 has a panel to itself.
  const uint8_t* w = o.w + j / 16 * 16 * o.row_bytes + j % 16 * 4;
  typename E::Sum acc[R][block_vectors];
  for (size_t v = 0; v < block_vectors; ++v) {
    typename E::Sum first{};
    if constexpr (E::scaled) __builtin_memcpy(&first, o.offsets + j + v * W, sizeof first);
    for (size_t r = 0; r < R; ++r) acc[r][v] = first;
  }
  for (size_t at = 0; at < o.row_bytes; at += 4) {
    I weights[block_vectors];
    for (size_t v = 0; v < block_vectors; ++v)
      __builtin_memcpy(&weights[v],
                       w + v / in_panel * 16 * o.row_bytes + at * 16 + v % in_panel * W * 4,
                       sizeof(I));
    for (size_t r = 0; r < R; ++r) {
      int32_t group;
      __builtin_memcpy(&group, x + r * o.row_bytes + at, 4);
      const I all = I{} + group;
      for (size_t v = 0; v < block_vectors; ++v) acc[r][v] = E::dot(acc[r][v], all, weights[v]);
    }
  }
  // Unrolled, or the sums would go through memory.
#pragma GCC unroll 4
  for (size_t v = 0; v < block_vectors; v += 2) {
    const ColumnPair<E> pair(o, j + v * W);
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r)
      pair.finish(o, i + r, acc[r][v], acc[r][v + 1], r, v * W, finish);
  }
}

// A block of fewer rows than R + 1.
template <class E, size_t R, class Finish>
void run_rows(const ProductOperands& o, size_t i, size_t j, size_t rows, const Finish& finish) {
  if constexpr (R > 0) {
    if (rows == R)
      run_block<E, R>(o, i, j, finish);
    else
      run_rows<E, R - 1>(o, i, j, rows, finish);
  }
}

// at(i, j) gives the finish of the block that starts at row i, column j. The weights of a block's
// columns stay in the first cache while all rows pass.
template <class E, class At>
void for_blocks(const ProductOperands& o, const At& at) {
  for (size_t j = 0; j < o.n; j += block_columns) {
    size_t i = 0;
    for (; i + block_rows <= o.m; i += block_rows) run_block<E, block_rows>(o, i, j, at(i, j));
    if (i < o.m) run_rows<E, block_rows - 1>(o, i, j, o.m - i, at(i, j));
  }
}

#else
// Of the including file.
template <class E, class At>
void for_blocks(const ProductOperands& o, const At& at);
#endif

// ---- the table ----

template <class E>
void product_floats(const ProductOperands& o, float* y, size_t stride, size_t columns) {
  for_blocks<E>(o, [=](size_t i, size_t j) {
    return Store{y + i * stride + j, stride, columns > j ? columns - j : 0};
  });
}

template <class E>
void product_add(const ProductOperands& o, float* y, size_t stride, size_t columns) {
  for_blocks<E>(o, [=](size_t i, size_t j) {
    return Add{{y + i * stride + j, stride, columns > j ? columns - j : 0}};
  });
}

#if defined(__AVX512BF16__)
template <class E>
void product_halves(const ProductOperands& o, uint16_t* y, size_t stride) {
  for_blocks<E>(o, [=](size_t i, size_t j) { return StoreHalves{y + i * stride + j, stride}; });
}
#endif

// Values first, bytes when a row's largest is known.
void product_gelu_bytes(const ProductOperands& o, const GeluOutput& out) {
  Value* values = reinterpret_cast<Value*>(out.values);
  Value* tops = reinterpret_cast<Value*>(out.tops);
  for (size_t i = 0; i < o.m * 2 * W; ++i) tops[i] = 0;
  for_blocks<Bytes>(o, [=, n = o.n](size_t i, size_t j) {
    return GeluValues{values + i * n + j, n, tops + i * 2 * W};
  });
  for (size_t i = 0; i < o.m; ++i)
    out.steps[i] =
        round_values(values + i * o.n, o.n, tops + i * 2 * W, out.rows + i * out.row_bytes);
}

constexpr ProductTable bytes_table = {product_floats<Bytes>, product_add<Bytes>,
#if defined(__AVX512BF16__)
                                      product_halves<Bytes>,
#else
                                      nullptr,
#endif
                                      product_gelu_bytes};

#if defined(__AVX512BF16__)
void product_gelu_halves(const ProductOperands& o, const GeluOutput& out) {
  uint16_t* rows = reinterpret_cast<uint16_t*>(out.rows);
  for_blocks<Halves>(o, [=, stride = out.row_bytes / 2](size_t i, size_t j) {
    return GeluHalves{rows + i * stride + j, stride};
  });
}

constexpr ProductTable halves_table = {product_floats<Halves>, product_add<Halves>,
                                       product_halves<Halves>, product_gelu_halves};
#endif

}  // namespace

}  // namespace penchant

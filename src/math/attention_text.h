// The text of attention in bfloat16. The including file defines multiply(): for at most 32 rows,
// out[rows, n] = a[rows, k] b, with b in panels of 16 columns, [n / 16][k / 2][16][2]; n and k are
// multiples of 32.
#pragma once

#include "math/product_table.h"
#include "math/vector_text.h"

namespace penchant {

namespace {

void multiply(const uint16_t* a, size_t a_stride, size_t rows, const uint16_t* panels, size_t k,
              size_t n, float* out, size_t out_stride);

// 16 rows of 16 32-bit lanes.
inline void transpose(__m512i (&r)[16]) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

// Keys become columns: panels of 16 keys over pairs of D. Those behind the length are zero.
inline void pack_keys(const uint16_t* keys, size_t stride, size_t length, size_t padded, size_t D,
                      uint16_t* out) {
  for (size_t key = 0; key < padded; key += 16)
    for (size_t d = 0; d < D; d += 32, out += 512) {
      __m512i rows[16];
      for (size_t i = 0; i < 16; ++i)
        rows[i] = key + i < length ? _mm512_loadu_si512(keys + (key + i) * stride + d)
                                   : _mm512_setzero_si512();
      transpose(rows);
      for (size_t i = 0; i < 16; ++i) _mm512_store_si512(out + i * 32, rows[i]);
    }
}

// Panels of 16 values of D over pairs of keys.
inline void pack_values(const uint16_t* values, size_t stride, size_t length, size_t padded,
                        size_t D, uint16_t* out) {
  for (size_t d = 0; d < D; d += 16)
    for (size_t key = 0; key < padded; key += 2, out += 32) {
      const auto row = [&](size_t i) {
        return i < length ? _mm512_cvtepu16_epi32(_mm256_loadu_si256(
                                reinterpret_cast<const __m256i*>(values + i * stride + d)))
                          : _mm512_setzero_si512();
      };
      _mm512_store_si512(out, _mm512_or_si512(row(key), _mm512_slli_epi32(row(key + 1), 16)));
    }
}

// 2^x for x <= 0, relative error below 8e-5.
inline F power_of_two(F x) {
  const F whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const F f = x - whole;
  F p = splat(0.0551716172f);
  p = fma(p, f, splat(0.242611641f));
  p = fma(p, f, splat(0.693261033f));
  p = fma(p, f, splat(0.999928044f));
  return _mm512_scalef_ps(p, whole);
}

// Of R rows: weights = 2^(scores - their largest), 0 behind the length, and 1 / their sums. Several
// rows at a time hide the latency of each.
template <size_t R>
void soft_weights(const float* scores, size_t length, size_t stride, uint16_t* weights,
                  float* inverse) {
  constexpr float lowest = -3.4e38f;
  const size_t whole = length / (2 * W) * (2 * W);
  const auto part = [&](const float* row, size_t at) {
    return at + W <= length ? load(row + at)
           : at < length    ? load_part(row + at, length - at, lowest)
                            : splat(lowest);
  };
  F top[R], total[R] = {};
  for (size_t r = 0; r < R; ++r)
    top[r] = max(part(scores + r * stride, whole), part(scores + r * stride, whole + W));
  for (size_t i = 0; i < whole; i += W)
    for (size_t r = 0; r < R; ++r) top[r] = max(top[r], load(scores + r * stride + i));
  for (size_t r = 0; r < R; ++r) top[r] = splat(largest(top[r]));
  const auto weigh = [&](size_t r, size_t i, F a, F b) {
    a = power_of_two(a - top[r]);
    b = power_of_two(b - top[r]);
    total[r] += a + b;
    store_brains(weights + r * stride + i, a, b);
  };
  for (size_t i = 0; i < whole; i += 2 * W)
    for (size_t r = 0; r < R; ++r) {
      const float* at = scores + r * stride + i;
      weigh(r, i, load(at), load(at + W));
    }
  if (whole < length)
    for (size_t r = 0; r < R; ++r) {
      const float* row = scores + r * stride;
      weigh(r, whole, part(row, whole), part(row, whole + W));
    }
  for (size_t r = 0; r < R; ++r) inverse[r] = 1.0f / sum(total[r]);
}

// Row r of scores[rows, length] gets what its query, that many behind the first, has by distance;
// `bias` points at the first query's for key 0.
inline void add_distances(const float* bias, size_t rows, size_t length, size_t stride,
                          float* scores) {
  for (size_t r = 0; r < rows; ++r) {
    float* row = scores + r * stride;
    size_t i = 0;
    for (; i + W <= length; i += W) store(row + i, load(row + i) + load(bias - r + i));
    if (i < length)
      store_part(row + i,
                 load_part(row + i, length - i, 0) + load_part(bias - r + i, length - i, 0),
                 length - i);
  }
}

// Head after head: its keys and values packed, then 32 queries at a time.
inline void attend_heads(const AttentionOperands& o) {
  constexpr size_t block = 32;
  const size_t L = o.length, D = o.head_size, H = o.heads * D, stride = 3 * H;
  const size_t padded = (L + 31) / 32 * 32;
  for (size_t head = o.first; head < o.last; ++head) {
    const uint16_t* q = o.qkv + head * D;
    pack_keys(q + H, stride, L, padded, D, o.keys);
    pack_values(q + 2 * H, stride, L, padded, D, o.values);
    for (size_t row = 0; row < L; row += block) {
      const size_t rows = L - row < block ? L - row : block;
      float inverse[block];
      multiply(q + row * stride, stride, rows, o.keys, D, padded, o.scores, padded);
      if (o.bias != nullptr)
        add_distances(o.bias + head * (2 * o.reach + 1) + o.reach - row, rows, L, padded, o.scores);
      // Rows behind the last are computed too, up to a multiple of four.
      for (size_t r = 0; r < rows; r += 4)
        soft_weights<4>(o.scores + r * padded, L, padded, o.weights + r * padded, inverse + r);
      multiply(o.weights, padded, rows, o.values, padded, D, o.sums, D);
      for (size_t r = 0; r < rows; ++r)
        for (size_t d = 0; d < D; d += W)
          store(o.context + (row + r) * H + head * D + d, load(o.sums + r * D + d) * inverse[r]);
    }
  }
}

}  // namespace

}  // namespace penchant

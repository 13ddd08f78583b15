// The text of the inner loops. A file that defines PENCHANT_TABLE and its name, is compiled with
// the flags of one instruction set and includes this, makes one table. Vectors are the compiler's
// own (vector_size), as wide as the flags allow; intrinsics only where it needs help. Everything
// here is local to the including file: no standard headers with inline functions.
#pragma once

#include "math/kernel_table.h"
#include "math/product_table.h"
#include "math/vector_text.h"

namespace penchant {

namespace {

constexpr size_t matmul_rows = W == 16 ? 12 : W == 8 ? 6 : 4;
constexpr size_t panel_columns = 2 * W;

// ---- float rows ----

float dot(const float* a, const float* b, size_t n) {
  F s0{}, s1{}, s2{}, s3{};
  size_t i = 0;
  for (; i + 4 * W <= n; i += 4 * W) {
    s0 = fma(load(a + i), load(b + i), s0);
    s1 = fma(load(a + i + W), load(b + i + W), s1);
    s2 = fma(load(a + i + 2 * W), load(b + i + 2 * W), s2);
    s3 = fma(load(a + i + 3 * W), load(b + i + 3 * W), s3);
  }
  for (; i + W <= n; i += W) s0 = fma(load(a + i), load(b + i), s0);
  if (i < n) s1 = fma(load_part(a + i, n - i, 0), load_part(b + i, n - i, 0), s1);
  return sum((s0 + s1) + (s2 + s3));
}

// Two rows at a time share the loads of the query; the order of each sum is that of dot.
void dot_rows(const float* query, const float* rows, size_t count, size_t stride, size_t n,
              float* out) {
  size_t row = 0;
  for (; row + 2 <= count; row += 2) {
    const float* a = rows + row * stride;
    const float* b = a + stride;
    F a0{}, a1{}, a2{}, a3{}, b0{}, b1{}, b2{}, b3{};
    size_t i = 0;
    for (; i + 4 * W <= n; i += 4 * W) {
      const F q0 = load(query + i), q1 = load(query + i + W);
      const F q2 = load(query + i + 2 * W), q3 = load(query + i + 3 * W);
      a0 = fma(q0, load(a + i), a0), b0 = fma(q0, load(b + i), b0);
      a1 = fma(q1, load(a + i + W), a1), b1 = fma(q1, load(b + i + W), b1);
      a2 = fma(q2, load(a + i + 2 * W), a2), b2 = fma(q2, load(b + i + 2 * W), b2);
      a3 = fma(q3, load(a + i + 3 * W), a3), b3 = fma(q3, load(b + i + 3 * W), b3);
    }
    for (; i + W <= n; i += W) {
      const F q = load(query + i);
      a0 = fma(q, load(a + i), a0), b0 = fma(q, load(b + i), b0);
    }
    if (i < n) {
      const F q = load_part(query + i, n - i, 0);
      a1 = fma(q, load_part(a + i, n - i, 0), a1), b1 = fma(q, load_part(b + i, n - i, 0), b1);
    }
    out[row] = sum((a0 + a1) + (a2 + a3));
    out[row + 1] = sum((b0 + b1) + (b2 + b3));
  }
  if (row < count) out[row] = dot(query, rows + row * stride, n);
}

void axpy(float a, const float* x, float* y, size_t n) {
  const F factor = splat(a);
  size_t i = 0;
  for (; i + W <= n; i += W) store(y + i, fma(factor, load(x + i), load(y + i)));
  if (i < n)
    store_part(y + i, fma(factor, load_part(x + i, n - i, 0), load_part(y + i, n - i, 0)), n - i);
}

void scale(float a, float* x, size_t n) {
  const F factor = splat(a);
  size_t i = 0;
  for (; i + W <= n; i += W) store(x + i, factor * load(x + i));
  if (i < n) store_part(x + i, factor * load_part(x + i, n - i, 0), n - i);
}

typedef int8_t Bytes __attribute__((vector_size(W)));
typedef uint8_t Unsigned __attribute__((vector_size(W)));

void axpy_bytes(float a, const int8_t* x, float* y, size_t n) {
  const F factor = splat(a);
  size_t i = 0;
  for (; i + W <= n; i += W) {
    Bytes b;
    __builtin_memcpy(&b, x + i, sizeof b);
    store(y + i, fma(factor, __builtin_convertvector(b, F), load(y + i)));
  }
  for (; i < n; ++i) y[i] += a * x[i];
}

void axpy_nibbles(float a, const uint8_t* x, float* y, size_t n) {
  const F factor = splat(a), zero = splat(-8 * a);
  const size_t half = n / 2;
  float* upper = y + half;
  size_t i = 0;
  for (; i + W <= half; i += W) {
    Unsigned b;
    __builtin_memcpy(&b, x + i, sizeof b);
    const Unsigned low = b & 15, high = b >> 4;
    store(y + i, load(y + i) + fma(factor, __builtin_convertvector(low, F), zero));
    store(upper + i, load(upper + i) + fma(factor, __builtin_convertvector(high, F), zero));
  }
  for (; i < half; ++i) {
    y[i] += a * static_cast<float>((x[i] & 15) - 8);
    upper[i] += a * static_cast<float>((x[i] >> 4) - 8);
  }
}

void exp_all(float* x, size_t n) {
  size_t i = 0;
  for (; i + W <= n; i += W) store(x + i, exponential(load(x + i)));
  if (i < n) store_part(x + i, exponential(load_part(x + i, n - i, 0)), n - i);
}

void gelu(float* x, size_t n) {
  size_t i = 0;
  for (; i + W <= n; i += W) store(x + i, gelu_of(load(x + i)));
  if (i < n) store_part(x + i, gelu_of(load_part(x + i, n - i, 0)), n - i);
}

inline F sigmoid(F x) { return 1.0f / (1.0f + exponential(-x)); }

template <class Of>
inline void map_all(float* x, size_t n, const Of& of) {
  size_t i = 0;
  for (; i + W <= n; i += W) store(x + i, of(load(x + i)));
  if (i < n) store_part(x + i, of(load_part(x + i, n - i, 0)), n - i);
}

void gelu_tanh(float* x, size_t n) {
  map_all(x, n, [](F v) {
    return v * sigmoid(v * fma(v * v, splat(0.0713548163f), splat(1.5957691216f)));
  });
}
void silu(float* x, size_t n) {
  map_all(x, n, [](F v) { return v * sigmoid(v); });
}
void relu(float* x, size_t n) {
  map_all(x, n, [](F v) { return max(v, F{}); });
}

void rms_norm(const float* x, const float* gamma, const float* beta, float epsilon, size_t n,
              float* out) {
  const float inverse = 1.0f / __builtin_sqrtf(dot(x, x, n) / static_cast<float>(n) + epsilon);
  size_t i = 0;
  for (; i + W <= n; i += W)
    store(out + i, fma(load(x + i) * inverse, load(gamma + i), load(beta + i)));
  if (i < n) {
    const F y = fma(load_part(x + i, n - i, 0) * inverse, load_part(gamma + i, n - i, 0),
                    load_part(beta + i, n - i, 0));
    store_part(out + i, y, n - i);
  }
}

void softmax(float* x, size_t n, float factor) {
  constexpr float lowest = -3.4e38f;
  F top = splat(lowest);
  size_t i = 0;
  for (; i + W <= n; i += W) top = max(top, load(x + i) * factor);
  if (i < n) top = max(top, load_part(x + i, n - i, lowest / (factor > 1 ? factor : 1)) * factor);
  const F shift = splat(-largest(top));
  F total{};
  const F scaled = splat(factor);
  for (i = 0; i + W <= n; i += W) {
    const F e = exponential(fma(load(x + i), scaled, shift));
    store(x + i, e);
    total += e;
  }
  if (i < n) {
    store_part(x + i, exponential(fma(load_part(x + i, n - i, 0), scaled, shift)), n - i);
    total += load_part(x + i, n - i, 0);
  }
  scale(1.0f / sum(total), x, n);
}

// f(position, vector, how many of it count) over x[n]; four sums at a time hide the latency.
template <class Get>
inline float sum_of(size_t n, const Get& get) {
  F s[4] = {};
  size_t i = 0;
  for (; i + 4 * W <= n; i += 4 * W)
    for (size_t part = 0; part < 4; ++part) s[part] += get(i + part * W, W);
  for (; i + W <= n; i += W) s[0] += get(i, W);
  if (i < n) s[1] += get(i, n - i);
  return sum((s[0] + s[1]) + (s[2] + s[3]));
}

void layer_norm(const float* x, const float* gamma, const float* beta, float epsilon, size_t n,
                float* out) {
  const auto load_some = [](const float* p, size_t count, float fill) {
    return count == W ? load(p) : load_part(p, count, fill);
  };
  const float mean = sum_of(n, [&](size_t i, size_t count) { return load_some(x + i, count, 0); }) /
                     static_cast<float>(n);
  const float variance = sum_of(n,
                                [&](size_t i, size_t count) {
                                  const F d = load_some(x + i, count, mean) - mean;
                                  return d * d;
                                }) /
                         static_cast<float>(n);
  const float inverse = 1.0f / __builtin_sqrtf(variance + epsilon);
  size_t i = 0;
  for (; i + W <= n; i += W)
    store(out + i, fma((load(x + i) - mean) * inverse, load(gamma + i), load(beta + i)));
  if (i < n) {
    const F y = fma((load_part(x + i, n - i, 0) - mean) * inverse, load_part(gamma + i, n - i, 0),
                    load_part(beta + i, n - i, 0));
    store_part(out + i, y, n - i);
  }
}

// ---- bytes ----

// What becomes bytes: x, or x * factors.
struct Plain {
  const float* x;
  F whole(size_t i) const { return load(x + i); }
  F part(size_t i, size_t n) const { return load_part(x + i, n, 0); }
};
struct Scaled {
  const float *x, *factors;
  F whole(size_t i) const { return load(x + i) * load(factors + i); }
  F part(size_t i, size_t n) const { return load_part(x + i, n, 0) * load_part(factors + i, n, 0); }
};

template <class Values>
inline float largest_size(const Values& x, size_t n) {
  F top[4] = {};
  size_t i = 0;
  for (; i + 4 * W <= n; i += 4 * W)
    for (size_t part = 0; part < 4; ++part)
      top[part] = max(top[part], absolute(x.whole(i + part * W)));
  for (; i + W <= n; i += W) top[0] = max(top[0], absolute(x.whole(i)));
  if (i < n) top[1] = max(top[1], absolute(x.part(i, n - i)));
  return largest(max(max(top[0], top[1]), max(top[2], top[3])));
}

template <int zero, class Values>
float quantise_as(const Values& x, size_t n, uint8_t* q) {
  const float top = largest_size(x, n);
  const F inverse = splat(top > 0 ? 127.0f / top : 0);
  size_t i = 0;
  for (; i + 4 * W <= n; i += 4 * W)
    store_bytes<zero>(q + i, x.whole(i), x.whole(i + W), x.whole(i + 2 * W), x.whole(i + 3 * W),
                      inverse);
  if (i < n) {
    F rest[4] = {};
    for (size_t part = 0; part < 4 && i + part * W < n; ++part) {
      const size_t begin = i + part * W;
      rest[part] = n - begin < W ? x.part(begin, n - begin) : x.whole(begin);
    }
    uint8_t bytes[4 * W];
    store_bytes<zero>(bytes, rest[0], rest[1], rest[2], rest[3], inverse);
    __builtin_memcpy(q + i, bytes, n - i);
  }
  return top / 127.0f;
}

float quantise(const float* x, size_t n, int8_t* q) {
  return quantise_as<0>(Plain{x}, n, reinterpret_cast<uint8_t*>(q));
}
float quantise_unsigned(const float* x, const float* factors, size_t n, uint8_t* q) {
  return factors == nullptr ? quantise_as<plain_zero>(Plain{x}, n, q)
                            : quantise_as<plain_zero>(Scaled{x, factors}, n, q);
}

void to_halves(const float* x, size_t n, uint16_t* out) {
  for (size_t i = 0; i < n; ++i) {
    uint32_t bits;
    __builtin_memcpy(&bits, x + i, sizeof bits);
    out[i] = static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }
}

#if defined(__AVX512VNNI__)
// vpdpbusd wants unsigned times signed: (a + 128) b - 128 sum(b).
int32_t dot_int8(const int8_t* a, const int8_t* b, size_t n) {
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80)), ones = _mm512_set1_epi8(1);
  __m512i products = _mm512_setzero_si512(), sums = _mm512_setzero_si512();
  size_t i = 0;
  for (; i + 64 <= n; i += 64) {
    const __m512i u = _mm512_xor_si512(_mm512_loadu_si512(a + i), flip);
    const __m512i s = _mm512_loadu_si512(b + i);
    products = _mm512_dpbusd_epi32(products, u, s);
    sums = _mm512_dpbusd_epi32(sums, ones, s);
  }
  if (i < n) {
    const __mmask64 mask = (1ull << (n - i)) - 1;
    const __m512i u = _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, a + i), flip);
    const __m512i s = _mm512_maskz_loadu_epi8(mask, b + i);
    products = _mm512_dpbusd_epi32(products, u, s);
    sums = _mm512_dpbusd_epi32(sums, ones, s);
  }
  return _mm512_reduce_add_epi32(_mm512_sub_epi32(products, _mm512_slli_epi32(sums, 7)));
}
#elif defined(__AVX2__)
int32_t dot_int8(const int8_t* a, const int8_t* b, size_t n) {
  __m256i total = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m128i* pa = reinterpret_cast<const __m128i*>(a + i);
    const __m128i* pb = reinterpret_cast<const __m128i*>(b + i);
    total = _mm256_add_epi32(total, _mm256_madd_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128(pa)),
                                                      _mm256_cvtepi8_epi16(_mm_loadu_si128(pb))));
  }
  I lanes = I(total);
  int32_t result = 0;
  for (size_t lane = 0; lane < W; ++lane) result += lanes[lane];
  for (; i < n; ++i) result += a[i] * b[i];
  return result;
}
#else
int32_t dot_int8(const int8_t* a, const int8_t* b, size_t n) {
  int32_t result = 0;
  for (size_t i = 0; i < n; ++i) result += a[i] * b[i];
  return result;
}
#endif

void dot_int8_rows(const int8_t* query, const int8_t* rows, size_t count, size_t stride, size_t n,
                   int32_t* out) {
  for (size_t row = 0; row < count; ++row) out[row] = dot_int8(rows + row * stride, query, n);
}

// ---- matrix product ----

// R rows of a times one panel: 2R accumulators live in registers.
template <size_t R>
void matmul_tile(const float* a, size_t a_stride, const float* panel, size_t k, F (*out)[2]) {
  F acc[R][2];
  for (size_t r = 0; r < R; ++r) acc[r][0] = acc[r][1] = F{};
  for (size_t i = 0; i < k; ++i) {
    const F b0 = load(panel + i * panel_columns);
    const F b1 = load(panel + i * panel_columns + W);
    for (size_t r = 0; r < R; ++r) {
      const F x = splat(a[r * a_stride + i]);
      acc[r][0] = fma(x, b0, acc[r][0]);
      acc[r][1] = fma(x, b1, acc[r][1]);
    }
  }
  for (size_t r = 0; r < R; ++r) out[r][0] = acc[r][0], out[r][1] = acc[r][1];
}

using MatmulTile = void (*)(const float*, size_t, const float*, size_t, F (*)[2]);

template <size_t R>
MatmulTile tile_of(size_t rows) {
  if constexpr (R == 0)
    return nullptr;
  else
    return rows == R ? &matmul_tile<R> : tile_of<R - 1>(rows);
}

// The panel stays in the first cache while the rows of a stream past it.
void matmul(const float* a, size_t a_stride, const float* packed, const float* bias, size_t m,
            size_t k, size_t n, float* c, size_t c_stride) {
  const MatmulTile whole = tile_of<matmul_rows>(matmul_rows);
  const MatmulTile rest = tile_of<matmul_rows>(m % matmul_rows);
  for (size_t column = 0; column < n; column += panel_columns) {
    const size_t columns = n - column < panel_columns ? n - column : panel_columns;
    float offsets[panel_columns] = {};
    if (bias != nullptr) __builtin_memcpy(offsets, bias + column, columns * sizeof(float));
    for (size_t row = 0; row < m; row += matmul_rows) {
      const size_t rows = m - row < matmul_rows ? m - row : matmul_rows;
      F out[matmul_rows][2];
      (rows == matmul_rows ? whole : rest)(a + row * a_stride, a_stride, packed + column * k, k,
                                           out);
      for (size_t r = 0; r < rows; ++r) {
        float* to = c + (row + r) * c_stride + column;
        const F left = out[r][0] + load(offsets), right = out[r][1] + load(offsets + W);
        if (columns == panel_columns) {
          store(to, left);
          store(to + W, right);
        } else {
          store_part(to, left, columns < W ? columns : W);
          if (columns > W) store_part(to + W, right, columns - W);
        }
      }
    }
  }
}

}  // namespace

const Kernels PENCHANT_TABLE = {
    .name = PENCHANT_TABLE_NAME,
    .dot = dot,
    .dot_rows = dot_rows,
    .axpy = axpy,
    .scale = scale,
    .axpy_bytes = axpy_bytes,
    .axpy_nibbles = axpy_nibbles,
    .dot_int8 = dot_int8,
    .dot_int8_rows = dot_int8_rows,
    .quantise = quantise,
    .quantise_unsigned = quantise_unsigned,
    .to_halves = to_halves,
    .exp = exp_all,
    .gelu = gelu,
    .gelu_tanh = gelu_tanh,
    .silu = silu,
    .relu = relu,
    .softmax = softmax,
    .layer_norm = layer_norm,
    .rms_norm = rms_norm,
    .matmul = matmul,
    .panel = panel_columns,
};

}  // namespace penchant

// Matrix products in bytes or bfloat16 with what follows them fused on, once per instruction set:
// y[m, n] = f(x[m, k] W^T). Included by files compiled with special flags, so: plain pointers, no
// inline functions. Use them through math/matmul.h.
//
// x lies in rows; W is packed in panels of 16 outputs: [n / 16][k bytes / 4][16][4 bytes], which is
// what both the dot products of vectors and the tiles of AMX read. Bytes of x are unsigned, one of
// them standing for 0: value = step of its row * (byte - zero). It is 128; but GELU never falls
// below -0.17, so what it gives has a lower one and twice the resolution. Bytes of W are signed, at
// most weight_max in size, with a scale for each output; sums are exact in 32 bits, so that every
// table gives the same ones. bfloat16 is summed in fp32 and has neither steps nor scales.
// Thread-safety: immutable tables of pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace penchant {

constexpr int plain_zero = 128;
constexpr int gelu_zero = 16;

// n is a multiple of 64, filled up with zeros; so are the bytes of a row. Up to 31 rows behind the
// last one are read, whatever they hold.
struct ProductOperands {
  const uint8_t* x;    // [m, row_bytes]
  const float* steps;  // [m]
  const uint8_t* w;
  const int32_t* offsets;  // [n]: -zero * the sum of an output's bytes
  const float* scales;     // [n]
  const float* bias;       // [n]
  size_t m, row_bytes, n;
  int32_t* partial;  // [32, n], scratch
};

// Rows of m activations. Scratch: [m, n] values, [m, 32] tops.
struct GeluOutput {
  uint8_t* rows;
  size_t row_bytes;
  float* steps;  // [m], bytes only
  float* values;
  float* tops;
};

struct ProductTable {
  // y = product * step * scale + bias, for the first `columns` outputs; y += that.
  void (*floats)(const ProductOperands&, float* y, size_t stride, size_t columns);
  void (*add)(const ProductOperands&, float* y, size_t stride, size_t columns);
  // The same as bfloat16, all n outputs; null where there is no bfloat16.
  void (*halves)(const ProductOperands&, uint16_t* y, size_t stride);
  // GELU of it (absolute error below 2e-3) as rows of the same kind again, 0 at gelu_zero.
  void (*gelu)(const ProductOperands&, const GeluOutput&);
};

// Scaled dot-product attention of one sequence in bfloat16, heads [first, last). qkv is [L, 3 H]
// and readable for 31 rows more, q already multiplied by log2(e) / sqrt(D); D, a head's size, is a
// multiple of 32; context is [L, H]. Weights are kept in bfloat16, their sum and all products in
// fp32.
struct AttentionOperands {
  const uint16_t* qkv;
  size_t length, heads, head_size, first, last;
  float* context;
  // [heads, 2 reach + 1], what scores get by distance, key less query, from -reach to reach, times
  // log2(e); reach is at least length - 1. Null: nothing.
  const float* bias;
  size_t reach;
  // Scratch; P is the length filled up to 32s.
  uint16_t *keys, *values;  // [P, D]
  float* scores;            // [32, P]
  uint16_t* weights;        // [32, P]
  float* sums;              // [32, D]
};

struct Products {
  const char* name;
  int weight_max;  // fewer bits where the processor's sums saturate
  ProductTable bytes;
  const ProductTable* halves;                // null: this processor gains nothing by bfloat16
  void (*attend)(const AttentionOperands&);  // null likewise
};

void attend_amx(const AttentionOperands&);
void attend_avx512bf16(const AttentionOperands&);

extern const Products products_portable;
extern const Products products_avx2;
extern const Products products_avxvnni;
extern const Products products_avx512;      // VNNI
extern const Products products_avx512bf16;  // and bfloat16
extern const Products products_amx;

}  // namespace penchant

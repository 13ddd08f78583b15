// Products on the tile registers of AMX, with what follows a product fused to it: while one block
// of 32 x 32 sums is computed, the block before is scaled and written. Plain functions, since the
// file behind them is compiled for one processor; use them through math/matmul.h.
//
// Layouts: rows x as ByteRows lays them out tiled, [m / 16][k / 64][16][64]; weights w packed by
// pack_weights, [n / 16][k / 64][16][16][4], scales and bias, all filled up with zeros to a
// multiple of 32 outputs.
// Thread-safety: pure functions on their arguments.
#pragma once

#include <cstddef>
#include <cstdint>

namespace penchant::tiles {

// The processor has AMX for bytes and bfloat16, and the system lets this process use it.
bool usable();

// w[n, k] rows to tiles; packed holds as many bytes for the filled-up n.
void pack_weights(const int8_t* w, size_t n, size_t k, int8_t* packed);

struct Operands {
  const int8_t* x;
  const float* steps;  // [m]
  const int8_t* w;
  const float* scales;  // [n], filled up
  const float* bias;    // [n], filled up
  size_t m, k, n;
};

// y[m, n] = x w steps scales + bias, or += with `add`.
void product(const Operands& operands, bool add, float* y, size_t y_stride);

// GELU of the product as bytes in the layout of x, q[m, n], with its steps. `blocks` holds
// a value for each of m and n filled up to 32s, and `tops` 16 floats for each of m so.
void product_gelu(const Operands& operands, uint16_t* blocks, float* tops, int8_t* q,
                  float* q_steps);

}  // namespace penchant::tiles

// Compiled with AMX and AVX-512 flags (cmake/Kernels.cmake); called only where tiles::usable().
#if (defined(__AMX_INT8__) || defined(__AMXINT8__)) && defined(__AVX512BF16__)

#include <immintrin.h>

#include "math/tiles.h"
#include "math/vector_text.h"

namespace penchant::tiles {

namespace {

constexpr size_t side = 32;  // of a block of sums: two tiles by two

struct TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

// Tile registers hold state that every switch of threads saves: given back at the end.
struct TileScope {
  TileScope() {
    const TileConfig config;
    _tile_loadconfig(&config);
  }
  ~TileScope() { _tile_release(); }
};

// A finished block of sums and where its rows go. 16 columns a vector: two vectors a row.
struct Block {
  const int32_t* sums;  // [32, 32]
  const float* steps;
  const float* scales;
  const float* bias;
  size_t rows;  // that exist
};

inline F sums_of(const int32_t* p) { return F(_mm512_cvtepi32_ps(_mm512_loadu_si512(p))); }

// The last block may be wider than y: `columns` of its 32 exist.
struct Store {
  float* y;
  size_t stride, columns;
  void row(size_t r, F a, F b) const {
    float* at = y + r * stride;
    if (columns == side) {
      store(at, a);
      store(at + W, b);
    } else {
      store_part(at, a, columns < W ? columns : W);
      if (columns > W) store_part(at + W, b, columns - W);
    }
  }
};

struct Add {
  Store out;
  void row(size_t r, F a, F b) const {
    const float* at = out.y + r * out.stride;
    if (out.columns == side)
      out.row(r, load(at) + a, load(at + W) + b);
    else
      out.row(r, load_part(at, out.columns < W ? out.columns : W, 0) + a,
              out.columns > W ? load_part(at + W, out.columns - W, 0) + b : b);
  }
};

// bfloat16 is enough for what becomes bytes next, and halves the traffic.
struct Gelu {
  uint16_t* halves;  // [32, 32]
  float* tops;       // [32, 16], the largest size so far in each lane
  void row(size_t r, F a, F b) const {
    const F u = gelu_fast_of(a), v = gelu_fast_of(b);
    const auto pair = _mm512_cvtne2ps_pbh(v, u);
    __builtin_memcpy(halves + r * side, &pair, sizeof pair);
    store(tops + r * W, max(load(tops + r * W), max(absolute(u), absolute(v))));
  }
};

template <class Finish>
inline void finish_rows(const Block& block, const Finish& finish, size_t begin, size_t end) {
  const F scale0 = load(block.scales), scale1 = load(block.scales + W);
  const F bias0 = load(block.bias), bias1 = load(block.bias + W);
  for (size_t r = begin; r < end; ++r) {
    const F step = splat(block.steps[r]);
    finish.row(r, fma(sums_of(block.sums + r * side) * step, scale0, bias0),
               fma(sums_of(block.sums + r * side + W) * step, scale1, bias1));
  }
}

// Two columns of weight tiles stay in the first cache while all rows pass. `at(i, j)` gives the
// finish of the block that starts at row i, column j.
template <class At>
void for_blocks(const Operands& o, const At& at) {
  const TileScope scope;
  alignas(64) int32_t sums[2][side * side];
  const size_t per_chunk = (side * 64 + o.k - 1) / o.k;  // rows finished while a chunk multiplies
  Block before{nullptr, o.steps, o.scales, o.bias, 0};
  decltype(at(0, 0)) finish{};
  int turn = 0;
  for (size_t j = 0; j < o.n; j += side) {
    const int8_t* w0 = o.w + j * o.k;
    const int8_t* w1 = w0 + 16 * o.k;
    for (size_t i = 0; i < o.m; i += side) {
      const int8_t* x0 = o.x + i * o.k;
      const int8_t* x1 = x0 + 16 * o.k;
      const size_t rows = o.m - i < side ? o.m - i : side;
      size_t done = 0;
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
      for (size_t chunk = 0; chunk < o.k * 16; chunk += 1024) {
        _tile_loadd(4, x0 + chunk, 64);
        _tile_loadd(6, w0 + chunk, 64);
        _tile_dpbssd(0, 4, 6);
        _tile_loadd(7, w1 + chunk, 64);
        _tile_dpbssd(1, 4, 7);
        if (rows > 16) {
          _tile_loadd(5, x1 + chunk, 64);
          _tile_dpbssd(2, 5, 6);
          _tile_dpbssd(3, 5, 7);
        }
        const size_t end = done + per_chunk < before.rows ? done + per_chunk : before.rows;
        finish_rows(before, finish, done, end);
        done = end;
      }
      int32_t* c = sums[turn];
      turn ^= 1;
      _tile_stored(0, c, side * 4);
      _tile_stored(1, c + 16, side * 4);
      if (rows > 16) {
        _tile_stored(2, c + 16 * side, side * 4);
        _tile_stored(3, c + 16 * side + 16, side * 4);
      }
      before = {c, o.steps + i, o.scales + j, o.bias + j, rows};
      finish = at(i, j);
    }
  }
  finish_rows(before, finish, 0, before.rows);
}

// 64 values of a row, from two neighbouring blocks, to 64 bytes.
inline void to_chunk(const uint16_t* halves, F inverse, int8_t* out) {
  for (size_t part = 0; part < 2; ++part) {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(halves + part * W));
    const F x = F(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
    store_bytes(out + part * W, x, inverse);
  }
}

void quantise_blocks(const uint16_t* blocks, const float* tops, size_t m, size_t n, int8_t* q,
                     float* q_steps) {
  const size_t chunks = (n + 63) / 64, padded = chunks * 64;
  for (size_t i = 0; i < m; ++i) {
    const uint16_t* row = blocks + i / side * side * n + i % side * side;
    int8_t* out = q + i / 16 * 16 * padded + i % 16 * 64;
    const float top = largest(load(tops + i * W));
    const F inverse = splat(top > 0 ? 127.0f / top : 0);
    q_steps[i] = top / 127.0f;
    for (size_t j = 0; j < n; j += side)
      to_chunk(row + j * side, inverse, out + j / 64 * 1024 + j % 64);
  }
}

}  // namespace

void product(const Operands& operands, bool add, float* y, size_t y_stride) {
  const auto at = [=, n = operands.n](size_t i, size_t j) {
    return Store{y + i * y_stride + j, y_stride, n - j < side ? n - j : side};
  };
  if (add)
    for_blocks(operands, [at](size_t i, size_t j) { return Add{at(i, j)}; });
  else
    for_blocks(operands, at);
}

void product_gelu(const Operands& operands, uint16_t* blocks, float* tops, int8_t* q,
                  float* q_steps) {
  const size_t n = (operands.n + side - 1) / side * side;
  const size_t rows = (operands.m + side - 1) / side * side;
  for (size_t i = 0; i < rows * W; i += W) store(tops + i, F{});
  for_blocks(operands, [=](size_t i, size_t j) {
    return Gelu{blocks + i * n + j * side, tops + i * W};
  });
  quantise_blocks(blocks, tops, operands.m, n, q, q_steps);
}

}  // namespace penchant::tiles

#else  // no processor this is built for has tiles, and usable() says so

#include "base/check.h"
#include "math/tiles.h"

namespace penchant::tiles {

void product(const Operands&, bool, float*, size_t) { CHECK(false, "tiles are usable"); }
void product_gelu(const Operands&, uint16_t*, float*, int8_t*, float*) {
  CHECK(false, "tiles are usable");
}

}  // namespace penchant::tiles

#endif

// Products on the tiles of AMX. Compiled with AMX, AVX-512 BF16 and FP16 flags
// (cmake/Kernels.cmake).
#if (defined(__AMX_INT8__) || defined(__AMXINT8__)) && defined(__AVX512FP16__)

#define PENCHANT_OWN_BLOCKS
#include "math/product_text.h"
#include "math/tile_scope.h"

namespace penchant {

namespace {

constexpr size_t side = 32;  // of a block of sums: two tiles by two
// Bytes of a row that are multiplied at a time: 32 rows and 32 outputs of them fit the first cache.
constexpr size_t depth = 512;

template <class E>
struct Tiles;

template <>
struct Tiles<Bytes> {
  // Every row of the tiles starts with the offsets of its columns.
  static void start(const int32_t* offsets) {
    _tile_loadd(0, offsets, 0);
    _tile_loadd(1, offsets + 16, 0);
    _tile_loadd(2, offsets, 0);
    _tile_loadd(3, offsets + 16, 0);
  }
  static void multiply(const uint8_t* x, size_t row_bytes, const uint8_t* w0, const uint8_t* w1,
                       bool is_full) {
    _tile_loadd(6, w0, 64);
    _tile_loadd(4, x, row_bytes);
    _tile_dpbusd(0, 4, 6);
    _tile_loadd(7, w1, 64);
    _tile_dpbusd(1, 4, 7);
    if (!is_full) return;
    _tile_loadd(5, x + 16 * row_bytes, row_bytes);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
};

template <>
struct Tiles<Halves> {
  static void start(const int32_t*) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  static void multiply(const uint8_t* x, size_t row_bytes, const uint8_t* w0, const uint8_t* w1,
                       bool is_full) {
    _tile_loadd(6, w0, 64);
    _tile_loadd(4, x, row_bytes);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, w1, 64);
    _tile_dpbf16ps(1, 4, 7);
    if (!is_full) return;
    _tile_loadd(5, x + 16 * row_bytes, row_bytes);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
};

inline void load_sums(const int32_t* c) {
  _tile_loadd(0, c, side * 4);
  _tile_loadd(1, c + 16, side * 4);
  _tile_loadd(2, c + 16 * side, side * 4);
  _tile_loadd(3, c + 16 * side + 16, side * 4);
}

inline void store_sums(int32_t* c) {
  _tile_stored(0, c, side * 4);
  _tile_stored(1, c + 16, side * 4);
  _tile_stored(2, c + 16 * side, side * 4);
  _tile_stored(3, c + 16 * side + 16, side * 4);
}

// A block of sums, [rows, side], that starts at row i and column j.
template <class E, class Finish>
inline void finish_rows(const int32_t* sums, const ProductOperands& o, size_t i, size_t j,
                        size_t rows, const Finish& finish) {
  for (size_t c = 0; c < side; c += 2 * W) {
    const ColumnPair<E> pair(o, j + c);
    for (size_t r = 0; r < rows; ++r) {
      typename E::Sum a, b;
      __builtin_memcpy(&a, sums + r * side + c, sizeof a);
      __builtin_memcpy(&b, sums + r * side + c + W, sizeof b);
      pair.finish(o, i + r, a, b, r, c, finish);
    }
  }
}

template <class E, class At>
void for_blocks(const ProductOperands& o, const At& at) {
  const TileScope scope;
  alignas(64) int32_t sums[side * side];
  for (size_t i = 0; i < o.m; i += side) {
    const size_t rows = o.m - i < side ? o.m - i : side;
    for (size_t d = 0; d < o.row_bytes; d += depth) {
      const bool is_last = d + depth >= o.row_bytes;
      const size_t end = is_last ? o.row_bytes : d + depth;
      for (size_t j = 0; j < o.n; j += side) {
        const uint8_t* w = o.w + j * o.row_bytes;
        int32_t* partial = o.partial + j * side;
        d == 0 ? Tiles<E>::start(o.offsets + j) : load_sums(partial);
        for (size_t k = d; k < end; k += 64)
          Tiles<E>::multiply(o.x + i * o.row_bytes + k, o.row_bytes, w + k * 16,
                             w + (o.row_bytes + k) * 16, rows > 16);
        store_sums(is_last ? sums : partial);
        if (is_last) finish_rows<E>(sums, o, i, j, rows, at(i, j));
      }
    }
  }
}

}  // namespace

const Products products_amx = {"amx", 127, bytes_table, &halves_table, attend_amx};

}  // namespace penchant

#endif

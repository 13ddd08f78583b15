// The tile registers of AMX, all of 16 rows by 64 bytes, for as long as a TileScope lives. Every
// switch of threads saves their state: given back at the end. Only for files compiled with AMX.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace penchant {

namespace {

struct TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

struct TileScope {
  TileScope() {
    // Static: GCC 12 tells its optimiser of the first 8 bytes only, and drops stores of the others.
    static constexpr TileConfig config;
    _tile_loadconfig(&config);
  }
  ~TileScope() { _tile_release(); }
};

}  // namespace

}  // namespace penchant

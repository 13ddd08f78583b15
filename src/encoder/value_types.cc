#include "encoder/value_types.h"

#include <algorithm>
#include <bit>
#include <cstring>

static_assert(std::endian::native == std::endian::little, "values are read as they lie");

namespace penchant {

namespace {

template <class T>
T read(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

float from_half(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = half >> 10 & 31, fraction = half & 1023;
  if (exponent == 0) {  // zero or subnormal: fraction * 2^-24
    const float size = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -size : size;
  }
  const uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

float half_at(const uint8_t* from) { return from_half(read<uint16_t>(from)); }

void from_f32(const uint8_t* from, size_t count, float* out) {
  if (count > 0) std::memcpy(out, from, count * sizeof(float));
}

void from_f64(const uint8_t* from, size_t count, float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<float>(read<double>(from + 8 * i));
}

void from_f16(const uint8_t* from, size_t count, float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = half_at(from + 2 * i);
}

void from_bf16(const uint8_t* from, size_t count, float* out) {
  for (size_t i = 0; i < count; ++i)
    out[i] = std::bit_cast<float>(static_cast<uint32_t>(read<uint16_t>(from + 2 * i)) << 16);
}

// ---- ggml's blocks of 32: a scale, perhaps a smallest value, perhaps fifth bits, halves of bytes.
// Byte j holds value j in its low and value j + 16 in its high half.

constexpr size_t small_block = 32;

// bits[32] of a block of 4 or, with the fifth bits `high`, 5 bits a value.
void unpack(const uint8_t* halves, uint32_t high, int* bits) {
  for (size_t j = 0; j < 16; ++j) {
    bits[j] = (halves[j] & 15) | static_cast<int>(high >> j & 1) << 4;
    bits[j + 16] = halves[j] >> 4 | static_cast<int>(high >> (j + 16) & 1) << 4;
  }
}

template <bool has_least, bool has_fifth>
void from_q45(const uint8_t* from, size_t blocks, float* out) {
  constexpr size_t head = (has_least ? 4 : 2) + (has_fifth ? 4 : 0), block_bytes = head + 16;
  int bits[small_block];
  for (; blocks > 0; --blocks, from += block_bytes, out += small_block) {
    const float scale = half_at(from);
    unpack(from + head, has_fifth ? read<uint32_t>(from + head - 4) : 0, bits);
    if constexpr (has_least) {
      const float least = half_at(from + 2);
      for (size_t i = 0; i < small_block; ++i) out[i] = scale * static_cast<float>(bits[i]) + least;
    } else {
      for (size_t i = 0; i < small_block; ++i)
        out[i] = scale * static_cast<float>(bits[i] - (has_fifth ? 16 : 8));
    }
  }
}

void from_q8_0(const uint8_t* from, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, from += 34, out += small_block) {
    const float scale = half_at(from);
    for (size_t i = 0; i < small_block; ++i)
      out[i] = scale * static_cast<float>(static_cast<int8_t>(from[2 + i]));
  }
}

// ---- ggml's blocks of 256 ("K"): scales of parts of 32 or 16 values are numbers themselves.

constexpr size_t large_block = 256;

// The scale and the least value of part `j` of 8: 6 bits each, packed into 12 bytes.
struct PartScale {
  int scale, least;
};
PartScale part_scale(const uint8_t* packed, size_t j) {
  if (j < 4) return {packed[j] & 63, packed[j + 4] & 63};
  return {(packed[j + 4] & 15) | packed[j - 4] >> 6 << 4, packed[j + 4] >> 4 | packed[j] >> 6 << 4};
}

// f16 scale and least of the scales, 12 bytes of them, with 5 bits 32 bytes of fifth bits, and 128
// bytes: byte j of 32 holds value j of one part in its low half and of the next in its high half.
template <bool has_fifth>
void from_q45_k(const uint8_t* from, size_t blocks, float* out) {
  constexpr size_t block_bytes = has_fifth ? 176 : 144;
  for (; blocks > 0; --blocks, from += block_bytes) {
    const float scale = half_at(from), least = half_at(from + 2);
    const uint8_t* const halves = from + block_bytes - 128;
    for (size_t part = 0; part < 8; ++part, out += 32) {
      const PartScale packed = part_scale(from + 4, part);
      const float step = scale * static_cast<float>(packed.scale);
      const float low = least * static_cast<float>(packed.least);
      for (size_t j = 0; j < 32; ++j) {
        const uint8_t byte = halves[part / 2 * 32 + j];
        int bits = part % 2 == 0 ? byte & 15 : byte >> 4;
        if (has_fifth) bits |= (from[16 + j] >> part & 1) << 4;
        out[j] = step * static_cast<float>(bits) - low;
      }
    }
  }
}

// 128 bytes of four low bits, 64 of two high bits, 16 scales of 16 values each, f16 scale.
void from_q6_k(const uint8_t* from, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, from += 210, out += large_block) {
    const float scale = half_at(from + 208);
    for (size_t i = 0; i < large_block; ++i) {
      const size_t half = i / 128, quarter = i / 32 % 4, j = i % 32;
      const uint8_t low = from[half * 64 + quarter % 2 * 32 + j];
      const uint8_t high = from[128 + half * 32 + j];
      const int bits = (quarter < 2 ? low & 15 : low >> 4) | (high >> 2 * quarter & 3) << 4;
      const auto part = static_cast<int8_t>(from[192 + i / 16]);
      out[i] = scale * static_cast<float>(part) * static_cast<float>(bits - 32);
    }
  }
}

constexpr ValueType types[] = {{"F32", 1, 4, from_f32},
                               {"F16", 1, 2, from_f16},
                               {"BF16", 1, 2, from_bf16},
                               {"F64", 1, 8, from_f64},
                               {"Q4_0", small_block, 18, from_q45<false, false>},
                               {"Q4_1", small_block, 20, from_q45<true, false>},
                               {"Q5_0", small_block, 22, from_q45<false, true>},
                               {"Q5_1", small_block, 24, from_q45<true, true>},
                               {"Q8_0", small_block, 34, from_q8_0},
                               {"Q4_K", large_block, 144, from_q45_k<false>},
                               {"Q5_K", large_block, 176, from_q45_k<true>},
                               {"Q6_K", large_block, 210, from_q6_k},
                               {"BOOL", 1, 1, nullptr},
                               {"U8", 1, 1, nullptr},
                               {"I8", 1, 1, nullptr},
                               {"F8_E4M3", 1, 1, nullptr},
                               {"F8_E5M2", 1, 1, nullptr},
                               {"U16", 1, 2, nullptr},
                               {"I16", 1, 2, nullptr},
                               {"U32", 1, 4, nullptr},
                               {"I32", 1, 4, nullptr},
                               {"U64", 1, 8, nullptr},
                               {"I64", 1, 8, nullptr},
                               {"Q8_1", small_block, 36, nullptr},
                               {"Q2_K", large_block, 84, nullptr},
                               {"Q3_K", large_block, 110, nullptr},
                               {"Q8_K", large_block, 292, nullptr},
                               {"IQ2_XXS", large_block, 66, nullptr},
                               {"IQ2_XS", large_block, 74, nullptr},
                               {"IQ3_XXS", large_block, 98, nullptr},
                               {"IQ1_S", large_block, 50, nullptr},
                               {"IQ4_NL", small_block, 18, nullptr},
                               {"IQ3_S", large_block, 110, nullptr},
                               {"IQ2_S", large_block, 82, nullptr},
                               {"IQ4_XS", large_block, 136, nullptr},
                               {"IQ1_M", large_block, 56, nullptr},
                               {"TQ1_0", large_block, 54, nullptr},
                               {"TQ2_0", large_block, 66, nullptr},
                               {"MXFP4", small_block, 17, nullptr}};

}  // namespace

const ValueType* find_value_type(std::string_view name) {
  const auto* const found = std::ranges::find(types, name, &ValueType::name);
  return found == std::end(types) ? nullptr : found;
}

}  // namespace penchant

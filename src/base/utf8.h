// UTF-8 at the border: validation and code-point stepping. Inside Penchant all text is valid UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penchant {

// The byte at which `text` stops being valid UTF-8 (no surrogates, no overlong forms, <= U+10FFFF),
// or npos when all of it is.
size_t utf8_invalid_at(std::string_view text);

// `place: invalid UTF-8 at byte n` unless valid.
Result<> check_utf8(std::string_view text, std::string_view place);

// With U+FFFD for everything that is no UTF-8: one for each longest start of a sequence, as the
// Unicode standard recommends.
std::string utf8_mended(std::string_view text);

// The code point starting at `at` of valid UTF-8; moves `at` behind it.
inline char32_t utf8_next(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    ++at;
    return lead;
  }
  char32_t code_point = lead;
  size_t length = 2;
  if (lead >= 0xF0) {
    length = 4;
    code_point =
        (lead & 0x07u) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 | (byte(3) & 0x3Fu);
  } else if (lead >= 0xE0) {
    length = 3;
    code_point = (lead & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
  } else {
    code_point = (lead & 0x1Fu) << 6 | (byte(1) & 0x3Fu);
  }
  at += length;
  return code_point;
}
void utf8_append(std::string& out, char32_t code_point);
size_t utf8_length(std::string_view text);  // in code points
// How many bytes `text` starts with that are ASCII.
size_t ascii_size(std::string_view text);

}  // namespace penchant

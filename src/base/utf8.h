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
char32_t utf8_next(std::string_view text, size_t& at);
void utf8_append(std::string& out, char32_t code_point);
size_t utf8_length(std::string_view text);  // in code points

}  // namespace penchant

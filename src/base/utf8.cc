#include "base/utf8.h"

#include <fmt/format.h>

#include <cstring>

namespace penchant {

namespace {

// Of the sequence that starts at `at`: its bytes, or when it is cut short or wrong, how many could
// have started one.
struct Sequence {
  size_t size = 1;
  bool is_valid = false;
};

Sequence sequence_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, true};
  // Table 3-7 of the Unicode standard: the second byte's range depends on the lead byte.
  size_t length = 0;
  unsigned char low = 0x80, high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  if (at + 1 >= text.size() || byte(1) < low || byte(1) > high) return {1, false};
  for (size_t i = 2; i < length; ++i)
    if (at + i >= text.size() || byte(i) < 0x80 || byte(i) > 0xBF) return {i, false};
  return {length, true};
}

}  // namespace

size_t utf8_invalid_at(std::string_view text) {
  for (size_t at = ascii_size(text); at < text.size();) {
    const Sequence sequence = sequence_at(text, at);
    if (!sequence.is_valid) return at;
    at += sequence.size;
  }
  return std::string_view::npos;
}

std::string utf8_mended(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Sequence sequence = sequence_at(text, at);
    if (sequence.is_valid) {
      out.append(text, at, sequence.size);
    } else {
      utf8_append(out, 0xFFFD);
    }
    at += sequence.size;
  }
  return out;
}

Result<> check_utf8(std::string_view text, std::string_view place) {
  const size_t at = utf8_invalid_at(text);
  if (at == std::string_view::npos) return {};
  return invalid(fmt::format("{}: invalid UTF-8 at byte {} (0x{:02x})", place, at,
                             static_cast<unsigned char>(text[at])));
}

void utf8_append(std::string& out, char32_t c) {
  const auto push = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    push(c);
  } else if (c < 0x800) {
    push(0xC0 | c >> 6), push(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    push(0xE0 | c >> 12), push(0x80 | (c >> 6 & 0x3F)), push(0x80 | (c & 0x3F));
  } else {
    push(0xF0 | c >> 18), push(0x80 | (c >> 12 & 0x3F));
    push(0x80 | (c >> 6 & 0x3F)), push(0x80 | (c & 0x3F));
  }
}

size_t utf8_length(std::string_view text) {
  size_t length = 0;
  for (const char c : text) length += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return length;
}

size_t ascii_size(std::string_view text) {
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

}  // namespace penchant

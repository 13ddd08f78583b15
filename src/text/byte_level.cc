#include "text/byte_level.h"

#include <array>

namespace penchant {

namespace {

struct Tables {
  std::array<char32_t, 256> characters;
  std::array<int16_t, 0x144> bytes;
};

// A byte stands for itself where it is a visible sign of Latin-1, else for the next one from U+0100
// on.
constexpr Tables make_tables() {
  Tables tables{};
  tables.bytes.fill(-1);
  char32_t next = 0x100;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool is_visible = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
    tables.characters[byte] = is_visible ? byte : next++;
    tables.bytes[tables.characters[byte]] = static_cast<int16_t>(byte);
  }
  return tables;
}

constexpr Tables tables = make_tables();

}  // namespace

char32_t character_of_byte(unsigned char byte) { return tables.characters[byte]; }

int byte_of_character(char32_t c) { return c < tables.bytes.size() ? tables.bytes[c] : -1; }

}  // namespace penchant

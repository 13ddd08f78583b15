// Every byte as the character that stands for it in byte-level vocabularies (GPT-2's), and back.
// Thread-safety: functions; safe.
#pragma once

#include <cstdint>

namespace penchant {

char32_t character_of_byte(unsigned char byte);
int byte_of_character(char32_t c);  // -1 when it stands for none

}  // namespace penchant

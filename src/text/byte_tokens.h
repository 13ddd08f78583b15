// "<0x00>" to "<0xFF>": the tokens of a vocabulary that stand for the bytes of a character it does
// not have ("byte_fallback"). Thread-safety: immutable.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "text/vocabulary.h"

namespace penchant {

class ByteTokens {
 public:
  // Not wanted: as if the vocabulary had none.
  ByteTokens(const Vocabulary& vocabulary, bool are_wanted) {
    ids_.fill(-1);
    for (size_t byte = 0; are_wanted && byte < ids_.size(); ++byte)
      ids_[byte] = vocabulary.find(fmt::format("<0x{:02X}>", byte));
  }

  int32_t operator[](char byte) const { return ids_[static_cast<unsigned char>(byte)]; }
  bool cover(std::string_view bytes) const {
    return std::all_of(bytes.begin(), bytes.end(), [&](char byte) { return (*this)[byte] >= 0; });
  }

 private:
  std::array<int32_t, 256> ids_;  // -1: none
};

}  // namespace penchant

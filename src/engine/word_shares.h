// The contributions of a text's words as faces show them.
// Thread-safety: functions.
#pragma once

#include <span>
#include <string_view>

#include "base/json.h"
#include "mining/word_parts.h"

namespace penchant {

// [{"kind":"word","word","start","end","contribution"}, ...] in the order of the text, offsets in
// code points, and last {"kind":"rest","word":"", ...} at the text's end: what special tokens, the
// prompt and punctuation bring. The contributions add up to `total`, the product of the text's
// vector and `direction`.
json::array word_shares(std::string_view text, const WordParts& parts,
                        std::span<const float> direction, double total);

}  // namespace penchant

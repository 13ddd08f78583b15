// The method's own example: how well does a text fit interests told in words?
//
// The interests' vectors v_i are summed to one user vector u = sum v_i / |sum v_i|; the similarity
// is cos(text, u) = sum_i (text . v_i) / |sum v|, so each interest's share is exact and adds up.
// Words add up as well: mining/word_parts.h.
// Thread-safety: functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "math/matrix.h"

namespace penchant {

class Encoder;

struct MatchOptions {
  std::string_view language = "en";  // of the reasons: "zh" or "en"
  // What each word brings: to "similarity" in "contributions" of the answer, to the similarity of
  // an interest in its "contributions" (the text's words) and "interest_contributions" (its own).
  bool contributions = false;
};

// {"similarity", "interests":[{"interest","similarity","words"}],
//  "reasons":[{"kind","contribution","text"}]}, reasons best first, contributions summing to the
// similarity. `background`: by encode_background for queries.
Result<json::object> match_text(std::string_view text, std::span<const std::string> interests,
                                const MatchOptions& options, Encoder& encoder,
                                const Matrix& background);

}  // namespace penchant

// The method's own example: how well does a text fit interests told in words?
//
// The interests' vectors v_i are summed to one user vector u = sum v_i / |sum v_i|; the similarity
// is cos(text, u) = sum_i (text . v_i) / |sum v|, so each interest's share is exact and adds up.
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

// {"similarity", "interests":[{"interest","similarity","words"}],
//  "reasons":[{"kind","contribution","text"}]}, reasons best first, contributions summing to the
// similarity. `language`: "zh" or "en"; `background`: by encode_background for queries.
Result<json::object> match_text(std::string_view text, std::span<const std::string> interests,
                                std::string_view language, Encoder& encoder,
                                const Matrix& background);

}  // namespace penchant

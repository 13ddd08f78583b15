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

// What unrelated texts look like to an encoder. Some give cosines near 0, others (E5) never less
// than 0.7, so "close" and "far" are told against phrases on everyday things, in both languages.
class MatchBackground {
 public:
  static Result<MatchBackground> make(Encoder& encoder);

  // How far `cosine` lies on the way from unrelated (0) to identical (1).
  double closeness(std::span<const float> text, double cosine) const;

 private:
  Matrix phrases_;
};

// {"similarity", "interests":[{"interest","similarity","words"}],
//  "reasons":[{"kind","contribution","text"}]}, reasons best first, contributions summing to the
// similarity. `language`: "zh" or "en".
Result<json::object> match_text(std::string_view text, std::span<const std::string> interests,
                                std::string_view language, Encoder& encoder,
                                const MatchBackground& background);

}  // namespace penchant

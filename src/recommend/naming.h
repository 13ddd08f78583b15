// Names for interests: the categories and keywords that tell an interest's items from the rest of
// the catalogue. A term is worth p log(p / q), with p its share of the interest (members weighted)
// and q its share of the catalogue: what all items have names nothing.
// Thread-safety: functions on immutable values.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/interest.h"
#include "recommend/catalogue.h"
#include "recommend/sentences.h"

namespace penchant {

// One name per interest, at most three terms each; no two of the same terms, where three can tell
// them apart; empty where the items have neither categories nor keywords that tell.
std::vector<std::string> name_interests(const Catalogue& catalogue,
                                        std::span<const Interest> interests,
                                        const Sentences& sentences);

}  // namespace penchant

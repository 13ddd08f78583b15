// Diversity: maximal marginal relevance (Carbonell & Goldstein 1998), told as a contribution. The
// next item of a list is the one with the largest
//
//   score - diversity * (score of the best item) * (likeness to the most alike item above)
//
// and that difference is its final score. A penalty only ever grows while the list does, so final
// scores fall along the list, and a longer list begins with the shorter one: pages agree.
// Likeness: cosine of the items' directions (share of common categories where there are no
// vectors), below 0 counting as 0; only the first 100 items push others away.
// Cost: evaluated lazily, about (places + items met on the way) * places products.
// Thread-safety: function on immutable values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "recommend/catalogue.h"
#include "recommend/sources.h"

namespace penchant {

struct Placed {
  uint32_t candidate = 0;  // index into Candidates::rows
  double diversity = 0;    // contribution, <= 0
  uint32_t like_row = 0;   // the item above it is most like, where diversity < 0
};

// The first `places` of the list.
std::vector<Placed> rerank(const Catalogue& catalogue, const Candidates& candidates,
                           double diversity, size_t places);

}  // namespace penchant

// The last word on what an answer may contain. One judgement, `refusal`, is asked twice: to build
// the mask under which sources search, and again for every item before it leaves.
// Thread-safety: immutable; borrows its arguments.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "recommend/pipeline.h"

namespace penchant {

class Gate {
 public:
  // `itself`: a row that is never in its own answer (similar items), or any row beyond the end.
  Gate(const World& world, const UserState* user, const Request& request, uint32_t itself = ~0u);

  // Why the row must not be shown, as a key of the sentences ("refused.hidden"); empty: it may.
  std::string_view refusal(uint32_t row) const;
  bool admits(uint32_t row) const { return refusal(row).empty(); }

  std::span<const uint8_t> mask() const { return mask_; }  // one byte a row: admitted

 private:
  std::string_view item_refusal(const CatalogueItem& item) const;  // filter and categories

  const World& world_;
  const UserState* user_;
  const Request& request_;
  uint32_t itself_;
  std::unordered_set<uint32_t> excluded_;
  std::vector<uint8_t> mask_;
};

}  // namespace penchant

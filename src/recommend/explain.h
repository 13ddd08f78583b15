// Reasons, read off the contributions of which a score is the sum. Nothing here changes an answer;
// every sentence restates a number.
// Thread-safety: immutable; borrows its arguments.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/interest.h"
#include "recommend/answer.h"
#include "recommend/rerank.h"
#include "recommend/sentences.h"
#include "recommend/sources.h"

namespace penchant {

// What the signals of a Taste are about, by Signal::which.
struct Subject {
  std::vector<Interest> interests;
  std::vector<std::string> interest_names;
  Interest recent;
  std::vector<Interest> dislikes;
  std::span<const Declared> declared;
  std::string_view query_text;  // of a search
  std::span<const QueryWord> query_words;
  uint32_t similar_to = ~0u;  // of similar items
};

class Explainer {
 public:
  Explainer(const World& world, const Taste& taste, const Subject& subject,
            std::string_view language);

  // The item at `placed`, its score the sum of what the signals and diversity contribute; with
  // reasons when asked for. Score and contributions are rounded to six decimals and still add up.
  Recommended describe(const Candidates& candidates, const Placed& placed, bool reasons) const;

 private:
  Reason reason(Kind kind, size_t which, double contribution, uint32_t row,
                const Placed& placed) const;
  void explain_by_members(Reason& reason, const Interest& interest, uint32_t row) const;
  void explain_by_history(Reason& reason, uint32_t row) const;
  std::vector<std::string> found_words(size_t which, uint32_t row) const;
  bool is_weak(Kind kind, size_t which, double contribution) const;
  NamedItem named(uint32_t row, double share) const;
  std::string titles(std::span<const NamedItem> items) const;

  const World& world_;
  const Taste& taste_;
  const Subject& subject_;
  const Sentences& sentences_;
};

// The history items that belong to an interest, heaviest first.
std::vector<NamedItem> named_members(const Catalogue& catalogue, const Interest& interest,
                                     size_t limit);

}  // namespace penchant

// An answer: items with their scores and the reasons for them. The contributions of an item's
// reasons sum to its score, exactly in the JSON (six decimals).
// Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace penchant {

// What a contribution comes from. Sources propose items; dislike and diversity only subtract.
enum class Kind {
  interest,   // like one of the user's long-term interests
  recent,     // like what the user liked last
  declared,   // fits an interest the user told in words
  item,       // others who liked an item of the history liked this (behaviour)
  popular,    // liked by many
  trending,   // liked by more people than usual lately
  latest,     // new
  similar,    // means much the same as the item or the query asked about
  words,      // contains words of the query or of a declared interest
  dislike,    // like what the user disliked (negative)
  diversity,  // like an item further up in the list (negative)
  catalogue,  // in the catalogue, and nothing else speaks for it (0)
};
std::string_view kind_name(Kind kind);

struct NamedItem {  // an item of the history that is part of a reason
  uint32_t row = 0;
  std::string id;
  std::string title;
  double share = 0;  // of the reason's contribution
};

struct Reason {
  Kind kind = Kind::popular;
  size_t which = 0;  // which interest, phrase or dislike of that kind
  double contribution = 0;
  std::string text;                // a sentence
  std::string name;                // of the interest or the declared phrase
  std::vector<NamedItem> items;    // largest share first
  std::vector<std::string> words;  // matched
};

struct Recommended {
  uint32_t row = 0;
  std::string id;
  std::string title;
  double score = 0;
  Kind source = Kind::popular;  // the kind with the largest contribution
  std::vector<Reason> reasons;  // largest contribution first, negative ones last
};

struct Answer {
  std::vector<Recommended> items;  // by falling score
  std::string summary;             // one sentence on the whole
  bool personal = false;           // false: nothing is known about the user (cold start)
};

json::object to_json(const Recommended& item, bool explain);
json::object to_json(const Answer& answer, bool explain);

}  // namespace penchant

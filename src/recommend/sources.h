// Where recommendations come from, on one scale. A source gives an ordinary item of the catalogue 0
// and what is usually among its ten best about 1:
//
//   interest, recent, declared, similar, dislike   (cosine - mean) / (4 * deviation) over the
//       catalogue, below 0 counting as 0
//   item       the item-to-item score of the history (strengths summing to 1), divided by what a
//       typical user's tenth-best item gets; beyond 1 only its logarithm counts, or a history of
//       one rare item would drown every other source
//   popular    square root of the share of the tenth most popular item's strength
//   trending   excess in standard deviations, divided by that of the tenth (at least 3)
//   declared   of several phrases only the one that fits the item best counts
//   latest     2^(-age / 30 days)
//   words      share of the words' weight (inverse document frequency) that BM25 and the title find
//
// The score of an item is the sum over all of weight * value, so contributions are exact.
// Thread-safety: functions on immutable values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "recommend/pipeline.h"

namespace penchant {

// What an answer looks for: a user's tastes, or an item's or a query's meaning.
struct Taste {
  struct Direction {
    Kind kind;
    size_t which = 0;  // which interest or declared phrase
    std::vector<float> query;
    double weight = 0;
  };
  struct Phrase {
    Kind kind;
    size_t which = 0;
    std::span<const QueryWord> words;
    double weight = 0;
  };
  std::vector<Direction> directions;  // of kind dislike: subtracts
  std::vector<Phrase> phrases;
  std::vector<Preference> history;  // strengths sum to 1
  float history_scale = 1;
  double history_weight = 0;
  double popular_weight = 0;
  double trending_weight = 0;
  double latest_weight = 0;
};

// One source's contributions to the candidates' scores.
struct Signal {
  Kind kind;
  size_t which = 0;
  std::vector<float> contributions;  // [candidates], weight included
  float mean = 0;                    // of a direction: the product with a vector that contributes 0
};

struct Candidates {
  std::vector<uint32_t> rows;  // ascending
  std::vector<Signal> signals;
  std::vector<double> scores;  // [candidates]: the sum over the signals, in their order
};

// The best of every source among rows with allowed[row] != 0; all of these in a small catalogue.
std::vector<uint32_t> propose(const World& world, const Taste& taste,
                              std::span<const uint8_t> allowed);

// Every source's contribution to every row, whichever source proposed it.
Candidates score(const World& world, const Taste& taste, std::vector<uint32_t> rows);

}  // namespace penchant

// Read this first: how an answer comes about.
//
//   sources   propose candidates: each interest and declared phrase by meaning, item-to-item by
//             behaviour, popular, trending, latest (and the query's words)        sources.h
//   gate      what must not be shown is not even scored, and nothing leaves unless the gate, asked
//             once more, admits it                                                gate.h
//   rank      every source scores every candidate on one scale: 0 is an ordinary item of the
//             catalogue, 1 as good as the source's best usually are. The score of an item is the
//             weighted sum, so each source's contribution is exact                sources.h
//   rerank    diversity: an item loses in proportion to its likeness to items above it   rerank.h
//   explain   reasons are read off the contributions, sentences come from templates      explain.h
//
// An answer depends only on its arguments. Pages of the same request are cut from one list, so they
// never share an item. Thread-safety: functions on immutable values; safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "recommend/answer.h"
#include "recommend/behaviour.h"
#include "recommend/catalogue.h"
#include "recommend/filter.h"
#include "recommend/user_state.h"
#include "recommend/weights.h"

namespace penchant {

class InvertedIndex;
class ThreadPool;

// What all answers of one moment are computed from.
struct World {
  const Catalogue& catalogue;
  const Behaviour& behaviour;
  const InvertedIndex* words = nullptr;  // documents are rows; null: no words source
  Seconds now = 0;
  ThreadPool* pool = nullptr;
};

struct Request {
  size_t n = 10;
  size_t offset = 0;
  std::vector<std::string> categories = {};  // any of them; empty: all
  const Filter* filter = nullptr;
  std::vector<uint32_t> exclude = {};  // rows
  bool hide_seen = true;
  // 0: by score alone, 1: as different as possible. For similar and search 0 is the better choice.
  double diversity = 0.2;
  bool explain = true;
  std::string_view language = "en";  // of the sentences: "en" or "zh"
  Weights weights = {};              // of the sources
};

// For a user; null or one without history and declared interests gets the cold-start answer.
Answer recommend(const World& world, const UserState* user, const Request& request);

// The scores by which `recommend` orders these rows (ascending) before diversity.
std::vector<double> scores_of(const World& world, const UserState* user, const Weights& weights,
                              std::span<const uint32_t> rows);

// Like an item, by meaning and by behaviour; the item itself is never in the answer.
Answer similar(const World& world, uint32_t row, const Request& request);

struct Query {
  std::string_view text;
  std::vector<float> vector = {};     // L2-normalised, or empty
  std::vector<QueryWord> words = {};  // without function words
};
// By meaning and by words.
Answer search(const World& world, const Query& query, const Request& request);

// Why would this item be recommended: its score and reasons as `recommend` computes them (without
// diversity), whether or not the gate admits it. `admitted` tells, `refusal` says why not.
struct Explanation {
  // A reason that rests on meaning is linear in the item's vector v:
  // contribution = slope * (direction . v) + what an ordinary item's vector takes off.
  struct Line {
    std::vector<float> direction;  // empty: the reason is of another kind
    double slope = 0;
  };

  Recommended item;
  std::vector<Line> lines;  // of the item's reasons, in their order
  bool admitted = false;
  std::string refusal;
};
Explanation explain(const World& world, const UserState* user, uint32_t row,
                    const Request& request);

// A user's interests by name, for showing and for the reasons.
struct NamedInterest {
  Kind kind = Kind::interest;  // interest, recent, declared or dislike
  std::string name;
  double share = 0;  // of its kind
  std::vector<NamedItem> items;
};
std::vector<NamedInterest> interests(const World& world, const UserState& user,
                                     std::string_view language);
json::array to_json(std::span<const NamedInterest> interests);

}  // namespace penchant

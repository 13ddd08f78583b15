// What everybody's behaviour says about items: item-to-item neighbours, popularity, trends. Trained
// from all events of a tenant in one go; a snapshot the engine rebuilds in the background and swaps
// atomically. Rows beyond those it was trained on are simply unknown to it.
// Thread-safety: immutable.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"
#include "model/item_knn.h"
#include "model/popularity.h"
#include "recommend/user_state.h"

namespace penchant {

class ThreadPool;

struct BehaviourOptions {
  ItemKnnOptions item_knn;
  PopularityOptions popularity;
};

class Behaviour {
 public:
  Behaviour() = default;

  // `users[i]` numbers the user of `events[i]` (0, 1, ...); a user's events are in order of time.
  static Behaviour train(std::span<const uint32_t> users, std::span<const UserEvent> events,
                         size_t items, const BehaviourOptions& options, ThreadPool* pool);

  const ItemKnn& item_knn() const { return item_knn_; }
  const Popularity& popularity() const { return popularity_; }
  size_t interactions() const { return interactions_; }

  // Rows by falling popularity (trend), those with none left out, ties by lower row.
  std::span<const uint32_t> by_popularity() const { return by_popularity_; }
  std::span<const uint32_t> by_trend() const { return by_trend_; }
  // What a typical user's tenth-best item-to-item score is (for strengths that sum to 1): the
  // yardstick of the score scale; 0 when nobody has one.
  float item_knn_scale() const { return item_knn_scale_; }

 private:
  ItemKnn item_knn_;
  Popularity popularity_;
  size_t interactions_ = 0;
  std::vector<uint32_t> by_popularity_;
  std::vector<uint32_t> by_trend_;
  float item_knn_scale_ = 0;
};

}  // namespace penchant

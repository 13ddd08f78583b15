// Item-to-item similarity by behaviour: the cosine of two items' columns in the matrix users x
// items of confidences,
//   sim(i, j) = sum_u c_ui c_uj / (|c_i| |c_j|),
// of which each item keeps its best neighbours (itself excluded, ties by lower row). The score of
// an item for a history is the sum over history items h of strength_h * sim(h, item): it falls
// apart exactly into what each history item says.
// Cost of training: sum over users of (history length)^2, lengths capped.
// Thread-safety: immutable once built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "model/popularity.h"

namespace penchant {

class ThreadPool;

struct ItemKnnOptions {
  size_t neighbours = 100;
  size_t history_max = 500;  // of a user, the latest (ties: as given, later ones win)
  // Long histories say less per item: a user's confidences are divided by sqrt(length)^damping (0:
  // the plain cosine).
  float length_damping = 0.5;
};

struct Neighbour {
  uint32_t row = 0;
  float similarity = 0;
};

struct Preference {  // one history item and how much it counts
  uint32_t row = 0;
  float strength = 0;
};

struct RowScore {
  uint32_t row = 0;
  double score = 0;
};

class ItemKnn {
 public:
  ItemKnn() = default;
  // At most one interaction per (user, item). `pool` may be null; the result does not depend on it.
  static ItemKnn train(std::span<const Interaction> interactions, size_t items,
                       const ItemKnnOptions& options, ThreadPool* pool);

  size_t items() const { return starts_.empty() ? 0 : starts_.size() - 1; }
  // Best first; empty for a row it was not trained on.
  std::span<const Neighbour> neighbours(uint32_t row) const;
  float similarity(uint32_t history, uint32_t row) const;  // 0 when not among the neighbours

  // Every item with a score other than 0 and its score, by row. Summed in double precision over
  // single-precision similarities: for whole strengths the order of the history does not matter.
  std::vector<RowScore> scores(std::span<const Preference> history) const;

 private:
  std::vector<uint64_t> starts_;  // [items + 1] into neighbours_
  std::vector<Neighbour> neighbours_;
};

}  // namespace penchant

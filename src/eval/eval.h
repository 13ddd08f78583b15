// How well models foresee what users choose next, by the protocol of docs/EVALUATION.md: full
// ranking over the whole catalogue, ties by lower row, one right answer per user.
// Thread-safety: functions; the result does not depend on the pool.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "eval/metrics.h"
#include "eval/split.h"
#include "recommend/behaviour.h"
#include "recommend/catalogue.h"
#include "recommend/weights.h"

namespace penchant {

class ThreadPool;

struct EvalOptions {
  SplitOptions split = {};
  bool hide_history = true;  // the history is not ranked
  bool implicit = true;      // every event is a positive of strength 1; else by its rule
  std::vector<size_t> cutoffs = {10};
  BootstrapOptions bootstrap = {};
  ItemKnnOptions item_knn{.length_damping = 0};  // of "item-knn": the plain cosine
  BehaviourOptions behaviour = {};               // of "blend": as the product has it
  Weights weights = {};
  size_t users_max = 0;  // ask only about every n-th user; 0: all
};

// "popularity", "item-knn", "semantic", "blend": what --models takes.
std::span<const std::string_view> eval_models();

struct EvalResult {
  std::string model;
  std::vector<Metric> metrics;  // those of rank_metrics, then coverage@k
  std::vector<uint32_t> users;  // indices into the histories
  std::vector<uint32_t> ranks;  // of their answers, from 1; rows + 1 for one that is not ranked
};

// Fits on the training part and ranks for every case. A model that is not there is an error.
Result<std::vector<EvalResult>> evaluate(const Catalogue& catalogue,
                                         std::span<const UserHistory> histories,
                                         std::span<const std::string> models,
                                         const EvalOptions& options, ThreadPool* pool);

// {"model","split","users","metrics":{"recall@10":{"mean","low","high"},...}}
json::object to_json(const EvalResult& result, std::string_view split);

}  // namespace penchant

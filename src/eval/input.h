// What there is to evaluate on, out of a data folder: the catalogue with its stored vectors and
// everybody's events in order.
//
//   TRY(const EvalInput input, load_eval_input(*store, "default", policy, pool));
//   TRY(const auto results, evaluate(*input.catalogue, input.histories, models, options, &pool));
//
// Thread-safety: function; the input is immutable.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "eval/split.h"
#include "recommend/catalogue.h"

namespace penchant {

class EventPolicy;
class Store;
class ThreadPool;

struct EvalInput {
  std::shared_ptr<const Catalogue> catalogue;
  std::vector<UserHistory> histories;
};

Result<EvalInput> load_eval_input(Store& store, std::string_view tenant, const EventPolicy& policy,
                                  ThreadPool& pool);

}  // namespace penchant

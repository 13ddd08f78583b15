#include "eval/input.h"

#include <string>

#include "engine/tenant.h"
#include "store/policy.h"
#include "store/store.h"

namespace penchant {

Result<EvalInput> load_eval_input(Store& store, std::string_view tenant, const EventPolicy& policy,
                                  ThreadPool& pool) {
  TRY(const auto live, Tenant::load(std::string(tenant), store, nullptr, policy, pool));
  TRY(Tenant::Moment moment, live->moment(""));
  EvalInput input;
  input.catalogue = std::move(moment.catalogue);
  TRY(store.for_each_event(tenant, [&](const Event& event) {
    const auto row = input.catalogue->find(event.item);
    if (!row) return true;
    if (input.histories.empty() || input.histories.back().user != event.user) {
      input.histories.push_back({event.user, {}});
    }
    const EventRule& rule = policy.rule(event.type);
    input.histories.back().events.push_back({.row = *row,
                                             .strength = policy.strength(event.type, event.value),
                                             .time = event.time.value_or(0),
                                             .half_life = rule.half_life,
                                             .seen = rule.seen});
    return true;
  }));
  return input;
}

}  // namespace penchant

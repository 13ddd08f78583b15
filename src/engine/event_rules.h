// Stored events as the models see them: the data folder's event policy, applied.
// Thread-safety: functions.
#pragma once

#include "base/result.h"
#include "recommend/user_state.h"
#include "store/policy.h"
#include "store/store.h"

namespace penchant {

// The policy kept in the data folder's settings; the defaults when there is none.
Result<EventPolicy> stored_policy(Store& store);

// `row` is the item's; an event without a time counts as the oldest.
UserEvent apply_rule(const EventPolicy& policy, const Event& event, uint32_t row);

}  // namespace penchant

#include "engine/event_rules.h"

#include "base/json.h"

namespace penchant {

Result<EventPolicy> stored_policy(Store& store) {
  TRY(const std::string text, store.setting("event_policy"));
  if (text.empty()) return EventPolicy();
  TRY(const json::value value, parse_json(text, "setting event_policy"));
  if (!value.is_object()) return invalid("setting event_policy: must be an object");
  return EventPolicy::from_json(value.get_object());
}

UserEvent apply_rule(const EventPolicy& policy, const Event& event, uint32_t row) {
  const EventRule& rule = policy.rule(event.type);
  return {.row = row,
          .strength = policy.strength(event.type, event.value),
          .time = event.time.value_or(0),
          .half_life = rule.half_life,
          .seen = rule.seen};
}

}  // namespace penchant

#include "store/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/limits.h"
#include "base/log.h"
#include "base/mutex.h"

namespace penchant {

struct EventPolicy::Warned {
  Mutex mutex;
  std::set<std::string, std::less<>> types GUARDED_BY(mutex);
};

namespace {

constexpr double days(double count) { return count * day_seconds; }

EventRule act(double weight, double half_life_days) {
  EventRule rule;
  rule.weight = weight;
  rule.half_life = days(half_life_days);
  return rule;
}

// Stars of 0 to 5: below 2.5 the user did not like it.
EventRule stars() {
  EventRule rule = act(3, 365);
  rule.neutral = 2.5;
  rule.scale = 2.5;
  return rule;
}

// Having been shown something says nothing about taste and does not use it up.
EventRule shown() {
  EventRule rule = act(0, 30);
  rule.seen = false;
  return rule;
}

}  // namespace

// Attention fades within weeks, decisions within half a year, judgements within a year.
EventPolicy::EventPolicy() : warned_(std::make_shared<Warned>()) {
  for (const char* type : {"impression", "show"}) rules_[type] = shown();
  for (const char* type : {"view", "click", "open", "read", "play", "watch", "listen"})
    rules_[type] = act(1, 30);
  for (const char* type : {"tag", "comment", "follow", "mark", "wish", "review", "download"})
    rules_[type] = act(2, 90);
  for (const char* type : {"like", "favorite", "bookmark", "save", "share", "finish"})
    rules_[type] = act(3, 180);
  for (const char* type : {"cart", "add_to_cart"}) rules_[type] = act(3, 30);
  for (const char* type : {"buy", "purchase", "order", "subscribe", "enrol", "enroll"})
    rules_[type] = act(5, 180);
  for (const char* type : {"rate", "rating"}) rules_[type] = stars();
  rules_["skip"] = act(-0.5, 30);
  for (const char* type : {"hide", "dismiss", "remove", "return"}) rules_[type] = act(-2, 180);
  for (const char* type : {"dislike", "report"}) rules_[type] = act(-3, 365);
}

namespace {

constexpr std::string_view never = "never";

Result<double> number_within(const json::object& object, std::string_view field, double fallback,
                             double low, double high) {
  TRY(const std::optional<double> number, get_number(object, field));
  if (!number) return fallback;
  if (*number < low || *number > high)
    return invalid(
        fmt::format("\"{}\" must be between {} and {}, not {}", field, low, high, *number));
  return *number;
}

Result<EventRule> rule_from_json(const json::object& object) {
  EventRule rule;
  for (const auto& [field, value] : object) {
    static constexpr std::string_view known[] = {"weight", "value_multiplies", "neutral",
                                                 "scale",  "half_life_days",   "seen"};
    if (std::find(std::begin(known), std::end(known), std::string_view(field)) == std::end(known))
      return invalid(fmt::format("unknown field \"{}\"", std::string_view(field)));
  }
  TRY(rule.weight, number_within(object, "weight", rule.weight, -1000, 1000));
  TRY(const std::optional<bool> multiplies, get_bool(object, "value_multiplies"));
  rule.value_multiplies = multiplies.value_or(rule.value_multiplies);
  TRY(rule.neutral, number_within(object, "neutral", rule.neutral, -1e6, 1e6));
  TRY(rule.scale, number_within(object, "scale", rule.scale, 1e-6, 1e6));
  TRY(const std::optional<bool> seen, get_bool(object, "seen"));
  rule.seen = seen.value_or(rule.seen);
  const json::value* half_life = object.if_contains("half_life_days");
  if (half_life != nullptr && half_life->is_string() && half_life->get_string() == never) {
    rule.half_life = std::numeric_limits<double>::infinity();
  } else {
    TRY(const double fade,
        number_within(object, "half_life_days", rule.half_life / day_seconds, 1e-4, 1e6));
    rule.half_life = days(fade);
  }
  if (rule.neutral != 0 && rule.value_multiplies)
    return invalid("\"value_multiplies\" and \"neutral\" exclude each other");
  return rule;
}

json::object to_json(const EventRule& rule) {
  json::object object;
  object["weight"] = rule.weight;
  if (rule.value_multiplies) object["value_multiplies"] = true;
  if (rule.neutral != 0) {
    object["neutral"] = rule.neutral;
    object["scale"] = rule.scale;
  }
  if (std::isfinite(rule.half_life)) {
    object["half_life_days"] = rule.half_life / day_seconds;
  } else {
    object["half_life_days"] = never;
  }
  if (!rule.seen) object["seen"] = false;
  return object;
}

}  // namespace

Result<EventPolicy> EventPolicy::from_json(const json::object& object) {
  EventPolicy policy;
  if (object.size() > limits::list_values)
    return too_large(fmt::format("the event policy has {} types, more than {}", object.size(),
                                 limits::list_values));
  for (const auto& [name, value] : object) {
    const std::string_view type = name;
    if (type.empty() || type.size() > limits::id_bytes)
      return invalid(
          fmt::format("an event type has 1 to {} bytes, not {}", limits::id_bytes, type.size()));
    if (!value.is_object())
      return invalid(
          fmt::format("event policy \"{}\" must be an object, not {}", type, shown(value)));
    Result<EventRule> rule = rule_from_json(value.get_object());
    if (!rule.ok())
      return invalid(fmt::format("event policy \"{}\": {}", type, rule.error().message));
    policy.rules_[std::string(type)] = *rule;
  }
  return policy;
}

json::object EventPolicy::to_json() const {
  json::object object;
  for (const auto& [type, rule] : rules_) object[type] = penchant::to_json(rule);
  return object;
}

const EventRule& EventPolicy::rule(std::string_view type) const {
  static const EventRule unknown;
  if (const auto found = rules_.find(type); found != rules_.end()) return found->second;
  bool first = false;
  {
    MutexLock lock(warned_->mutex);
    // Bounded: types come from outside.
    if (warned_->types.size() < limits::list_values) first = warned_->types.emplace(type).second;
  }
  if (first)
    log(LogLevel::warning,
        fmt::format("no event policy for type \"{}\": counted with weight 1 and as seen", type));
  return unknown;
}

double EventPolicy::strength(std::string_view type, double value) const {
  const EventRule& found = rule(type);
  if (found.neutral != 0)
    return found.weight * std::clamp((value - found.neutral) / found.scale, -1.0, 1.0);
  return found.value_multiplies ? found.weight * value : found.weight;
}

}  // namespace penchant

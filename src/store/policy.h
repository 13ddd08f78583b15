// What an event of each type means. One place, used by interest, item-to-item, popularity and
// trending alike. The defaults and their JSON are in docs/FORMATS.md.
// Thread-safety: safe (immutable after construction but for the note of which unknown types have
// been warned about).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace penchant {

struct EventRule {
  double weight = 1;              // may be negative: the user does not want the like of it
  bool value_multiplies = false;  // weight * value (quantities); ratings use `neutral`
  // For ratings: weight * (value - neutral) / scale, the fraction held within [-1, 1];
  // value == neutral says nothing. 0: not a rating.
  double neutral = 0;
  double scale = 1;
  Seconds half_life = 90 * day_seconds;  // after which the event counts half; infinite: never fades
  bool seen = true;                      // the item is not recommended to this user again

  bool operator==(const EventRule&) const = default;
};

class EventPolicy {
 public:
  EventPolicy();  // view, click, like, buy, rate, rating, skip, dislike, ... with sane defaults

  // {"buy":{"weight":3,"half_life_days":180,...},...}: rules given replace the default of that type
  // (fields left out are those of EventRule) or add to the defaults.
  static Result<EventPolicy> from_json(const json::object& object);
  json::object to_json() const;

  // A type without a rule: weight 1, seen, and a warning once per type.
  const EventRule& rule(std::string_view type) const;

  // The signed strength of an event before decay; 0 says nothing about taste.
  double strength(std::string_view type, double value) const;

 private:
  struct Warned;
  std::map<std::string, EventRule, std::less<>> rules_;
  std::shared_ptr<Warned> warned_;  // shared by copies
};

}  // namespace penchant

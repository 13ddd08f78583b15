// The three records of Penchant and their JSON (docs/FORMATS.md): item, user, event. The names are
// the field's. Times are Unix seconds; 0 in an event means "unknown", see Event::time.
// Thread-safety: plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace penchant {

struct Item {
  std::string id;
  std::string title;
  std::string text;  // description, body, ...: what there is to read beyond the title
  std::vector<std::string> categories;
  json::object labels;             // typed values: strings, numbers, booleans, lists of strings
  std::optional<Seconds> time;     // when it appeared
  std::optional<Seconds> expires;  // gone from answers from then on
  bool hidden = false;
  std::vector<float> vector;  // the caller's own, or empty
  std::string url, image, audio;
};

struct User {
  std::string id;
  json::object labels;
  std::vector<std::string> interests;  // in words, as the user declared them
};

struct Event {
  std::string user;
  std::string item;
  std::string type;
  double value = 1;
  std::optional<Seconds> time;  // none: the store sets the time of arrival
  std::string recommendation;   // id of the answer that showed the item, or empty
  json::object labels;
};

// From JSON: unknown fields of an item go into labels (nothing is lost on import), known fields of
// the wrong type are errors naming the field. Ids are checked here: non-empty, valid, <=
// limits::id_bytes.
Result<Item> item_from_json(const json::object& object);
Result<User> user_from_json(const json::object& object);
Result<Event> event_from_json(const json::object& object);

// To JSON: empty optional fields are left out; reading it back gives an equal record.
json::object to_json(const Item& item);
json::object to_json(const User& user);
json::object to_json(const Event& event);

}  // namespace penchant

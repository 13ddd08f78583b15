// The three records of Penchant and their JSON (docs/FORMATS.md): item, user, event. The names are
// the field's. Times are Unix seconds, kept to the millisecond.
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

  bool operator==(const Item&) const = default;
};

struct User {
  std::string id;
  json::object labels;
  std::vector<std::string> interests;  // in words, as the user declared them

  bool operator==(const User&) const = default;
};

struct Event {
  std::string user;
  std::string item;
  std::string type;
  double value = 1;
  std::optional<Seconds> time;  // none: the store sets the time of arrival
  std::string recommendation;   // id of the answer that showed the item, or empty
  json::object labels;          // a whole number "order" breaks ties in time

  bool operator==(const Event&) const = default;
};

// From JSON. Unknown fields go into labels (nothing is lost on import), known fields of the wrong
// type are errors naming the field; null is the same as absent. An id may be a whole number (real
// catalogues have them) and becomes its decimal text. An item without "title" takes "name", one
// without "text" the first of "description", "body", "abstract", "content" (a list of strings is
// joined by line ends), one without "categories" takes "category".
Result<Item> item_from_json(const json::object& object);
Result<User> user_from_json(const json::object& object);
Result<Event> event_from_json(const json::object& object);

// To JSON: empty optional fields are left out; reading it back gives an equal record.
json::object to_json(const Item& item);
json::object to_json(const User& user);
json::object to_json(const Event& event);

// What every record must keep, whatever made it: ids non-empty and at most limits::id_bytes, valid
// UTF-8, times between the years 0 and 9999, finite numbers, lists within limits, and a JSON text
// of at most limits::line_bytes so that an export can be imported.
Result<> check_record(const Item& item);
Result<> check_record(const User& user);
Result<> check_record(const Event& event);

// RFC 3339, the same without a zone (UTC), a date, or nine and more digits of Unix time; to the
// millisecond.
Result<Seconds> parse_time(std::string_view text);
// Unix seconds or milliseconds, to the millisecond.
Result<Seconds> parse_time(double number);

}  // namespace penchant

#include "store/records.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <initializer_list>

#include "base/limits.h"
#include "base/utf8.h"

namespace penchant {

namespace {

constexpr size_t label_depth = limits::json_depth - 4;  // labels nest in records, records in lists
constexpr Seconds time_min = -62'167'219'200, time_max = 253'402'300'800;  // years 0 to 9999

Result<Seconds> canonical_time(Seconds time) {
  if (!(time >= time_min && time < time_max))
    return invalid(fmt::format("time {} is outside the years 0 to 9999", time));
  return std::round(time * 1000) / 1000;
}

Error in_field(std::string_view field, Error error) {
  error.message = fmt::format("\"{}\": {}", field, error.message);
  return error;
}

Result<std::string> read_id(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  if (value == nullptr || value->is_null()) return invalid(fmt::format("\"{}\" is missing", field));
  if (value->is_int64()) return fmt::format("{}", value->get_int64());
  if (value->is_uint64()) return fmt::format("{}", value->get_uint64());
  if (!value->is_string())
    return invalid(
        fmt::format("\"{}\" must be a string or a whole number, not {}", field, shown(*value)));
  return std::string(value->get_string());
}

Result<std::string> read_text(const json::object& object, std::string_view field) {
  TRY(auto text, get_string(object, field));
  return std::move(text).value_or("");
}

Result<std::optional<Seconds>> read_time(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  if (value == nullptr || value->is_null()) return std::optional<Seconds>();
  if (!value->is_number() && !value->is_string())
    return invalid(fmt::format("\"{}\" must be an RFC 3339 time or Unix seconds, not {}", field,
                               shown(*value)));
  Result<Seconds> time = value->is_string() ? parse_time(std::string_view(value->get_string()))
                                            : parse_time(value->to_number<double>());
  if (!time.ok()) return in_field(field, std::move(time).error());
  return std::optional(*time);
}

Result<std::vector<float>> read_vector(const json::object& object, std::string_view field) {
  std::vector<float> vector;
  const json::value* value = object.if_contains(field);
  if (value == nullptr || value->is_null()) return vector;
  if (!value->is_array())
    return invalid(fmt::format("\"{}\" must be a list of numbers, not {}", field, shown(*value)));
  if (value->get_array().size() > limits::vector_dimensions)
    return too_large(fmt::format("\"{}\" has {} dimensions, more than {}", field,
                                 value->get_array().size(), limits::vector_dimensions));
  vector.reserve(value->get_array().size());
  for (const json::value& entry : value->get_array()) {
    if (!entry.is_number())
      return invalid(fmt::format("\"{}\" must be a list of numbers, not {}", field, shown(entry)));
    vector.push_back(static_cast<float>(entry.to_number<double>()));
  }
  return vector;
}

bool contains(std::initializer_list<std::string_view> names, std::string_view name) {
  for (const std::string_view known : names)
    if (known == name) return true;
  return false;
}

// The labels given, and every field that is not one of `known`.
Result<json::object> read_labels(const json::object& object,
                                 std::initializer_list<std::string_view> known) {
  json::object labels;
  if (const json::value* given = object.if_contains("labels"); given && !given->is_null()) {
    if (!given->is_object())
      return invalid(fmt::format("\"labels\" must be an object, not {}", shown(*given)));
    for (const auto& [name, value] : given->get_object())
      if (!value.is_null()) labels.emplace(name, value);
  }
  for (const auto& [name, value] : object) {
    if (value.is_null() || name == "labels" || contains(known, name)) continue;
    if (!labels.emplace(name, value).second)
      return invalid(
          fmt::format("\"{}\" is given both in \"labels\" and beside it", std::string_view(name)));
  }
  return labels;
}

// A string, or a list of strings as its lines; none when it is neither.
std::optional<std::string> as_text(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (!value.is_array()) return std::nullopt;
  std::string text;
  for (const json::value& line : value.get_array()) {
    if (!line.is_string()) return std::nullopt;
    if (!text.empty()) text += '\n';
    text += std::string_view(line.get_string());
  }
  return text;
}

bool has(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  return value != nullptr && !value->is_null();
}

// Moves the first usable one of the fields `names` of `object` from the labels into `text`. Only
// fields beside "labels" count: what the caller called a label stays one.
void take_alias(std::string& text, json::object& labels, const json::object& object,
                std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (!has(object, name)) continue;
    std::optional<std::string> found = as_text(object.at(name));
    if (!found || found->empty()) continue;
    text = *std::move(found);
    labels.stable_erase(labels.find(name));
    return;
  }
}

void take_aliases(Item& item, const json::object& object) {
  if (!has(object, "title")) take_alias(item.title, item.labels, object, {"name"});
  if (!has(object, "text"))
    take_alias(item.text, item.labels, object, {"description", "body", "abstract", "content"});
  if (!has(object, "categories")) {
    std::string category;
    take_alias(category, item.labels, object, {"category"});
    if (!category.empty()) item.categories.push_back(std::move(category));
  }
}

}  // namespace

Result<Item> item_from_json(const json::object& object) {
  Item item;
  TRY(item.id, read_id(object, "id"));
  TRY(item.title, read_text(object, "title"));
  TRY(item.text, read_text(object, "text"));
  TRY(item.categories, get_strings(object, "categories"));
  TRY(item.labels, read_labels(object, {"id", "title", "text", "categories", "time", "expires",
                                        "hidden", "vector", "url", "image", "audio"}));
  TRY(item.time, read_time(object, "time"));
  TRY(item.expires, read_time(object, "expires"));
  TRY(const std::optional<bool> hidden, get_bool(object, "hidden"));
  item.hidden = hidden.value_or(false);
  TRY(item.vector, read_vector(object, "vector"));
  TRY(item.url, read_text(object, "url"));
  TRY(item.image, read_text(object, "image"));
  TRY(item.audio, read_text(object, "audio"));
  take_aliases(item, object);
  TRY(check_record(item));
  return item;
}

Result<User> user_from_json(const json::object& object) {
  User user;
  TRY(user.id, read_id(object, "id"));
  TRY(user.interests, get_strings(object, "interests"));
  TRY(user.labels, read_labels(object, {"id", "interests"}));
  TRY(check_record(user));
  return user;
}

Result<Event> event_from_json(const json::object& object) {
  Event event;
  TRY(event.user, read_id(object, "user"));
  TRY(event.item, read_id(object, "item"));
  TRY(const std::optional<std::string> type, get_string(object, "type"));
  if (!type) return invalid("\"type\" is missing");
  event.type = *type;
  TRY(const std::optional<double> value, get_number(object, "value"));
  event.value = value.value_or(1);
  TRY(event.time, read_time(object, "time"));
  TRY(event.recommendation, read_text(object, "recommendation"));
  TRY(event.labels,
      read_labels(object, {"user", "item", "type", "value", "time", "recommendation"}));
  TRY(check_record(event));
  return event;
}

namespace {

json::array to_array(const std::vector<std::string>& strings) {
  json::array array;
  array.reserve(strings.size());
  for (const std::string& text : strings) array.emplace_back(text);
  return array;
}

void add_text(json::object& object, std::string_view field, const std::string& text) {
  if (!text.empty()) object.emplace(field, text);
}

void add_time(json::object& object, std::string_view field, const std::optional<Seconds>& time) {
  if (time) object.emplace(field, format_rfc3339(*time));
}

}  // namespace

json::object to_json(const Item& item) {
  json::object object;
  object.emplace("id", item.id);
  add_text(object, "title", item.title);
  add_text(object, "text", item.text);
  if (!item.categories.empty()) object.emplace("categories", to_array(item.categories));
  if (!item.labels.empty()) object.emplace("labels", item.labels);
  add_time(object, "time", item.time);
  add_time(object, "expires", item.expires);
  if (item.hidden) object.emplace("hidden", true);
  if (!item.vector.empty()) object.emplace("vector", vector_to_json(item.vector));
  add_text(object, "url", item.url);
  add_text(object, "image", item.image);
  add_text(object, "audio", item.audio);
  return object;
}

json::object to_json(const User& user) {
  json::object object;
  object.emplace("id", user.id);
  if (!user.labels.empty()) object.emplace("labels", user.labels);
  if (!user.interests.empty()) object.emplace("interests", to_array(user.interests));
  return object;
}

json::object to_json(const Event& event) {
  json::object object;
  object.emplace("user", event.user);
  object.emplace("item", event.item);
  object.emplace("type", event.type);
  if (event.value != 1) object.emplace("value", event.value);
  add_time(object, "time", event.time);
  add_text(object, "recommendation", event.recommendation);
  if (!event.labels.empty()) object.emplace("labels", event.labels);
  return object;
}

namespace {

Result<> check_id(std::string_view field, std::string_view id) {
  if (id.empty()) return invalid(fmt::format("\"{}\" is empty", field));
  if (id.size() > limits::id_bytes)
    return too_large(
        fmt::format("\"{}\" has {} bytes, more than {}", field, id.size(), limits::id_bytes));
  return check_utf8(id, fmt::format("\"{}\"", field));
}

Result<> check_text(std::string_view field, std::string_view text) {
  if (text.size() > limits::text_bytes)
    return too_large(
        fmt::format("\"{}\" has {} bytes, more than {}", field, text.size(), limits::text_bytes));
  const size_t at = utf8_invalid_at(text);
  if (at == std::string_view::npos) return {};
  return check_utf8(text, fmt::format("\"{}\"", field));
}

Result<> check_list(std::string_view field, size_t size) {
  if (size <= limits::list_values) return {};
  return too_large(
      fmt::format("\"{}\" has {} entries, more than {}", field, size, limits::list_values));
}

Result<> check_strings(std::string_view field, const std::vector<std::string>& strings) {
  TRY(check_list(field, strings.size()));
  for (const std::string& text : strings) TRY(check_text(field, text));
  return {};
}

Result<> check_times(std::string_view field, const std::optional<Seconds>& time) {
  if (!time) return {};
  const Result<Seconds> canonical = canonical_time(*time);
  return canonical.ok() ? Result<>() : in_field(field, canonical.error());
}

Result<> check_label(std::string_view name, const json::value& value, size_t depth) {
  if (depth > label_depth)
    return too_large(fmt::format("label \"{}\" nests deeper than {}", name, label_depth));
  if (value.is_string()) return check_text(name, value.get_string());
  if (value.is_double() && !std::isfinite(value.get_double()))
    return invalid(fmt::format("label \"{}\" is not a finite number", name));
  if (value.is_array())
    for (const json::value& entry : value.get_array()) TRY(check_label(name, entry, depth + 1));
  if (value.is_object())
    for (const auto& [key, entry] : value.get_object()) {
      TRY(check_text(name, key));
      TRY(check_label(name, entry, depth + 1));
    }
  return {};
}

Result<> check_labels(const json::object& labels) {
  TRY(check_list("labels", labels.size()));
  for (const auto& [name, value] : labels) {
    TRY(check_text("labels", name));
    TRY(check_label(name, value, 1));
  }
  return {};
}

// An upper bound of the bytes of a value's JSON text: a byte takes six at most ("\u0001").
size_t text_bound(const json::value& value) {
  size_t bound = 32;
  if (value.is_string()) bound += 6 * value.get_string().size();
  if (value.is_array())
    for (const json::value& entry : value.get_array()) bound += text_bound(entry);
  if (value.is_object())
    for (const auto& [name, entry] : value.get_object())
      bound += 6 * name.size() + 32 + text_bound(entry);
  return bound;
}

size_t text_bound(const std::vector<std::string>& strings) {
  size_t bound = 32;
  for (const std::string& text : strings) bound += 32 + 6 * text.size();
  return bound;
}

template <class Record>
Result<> check_size(const Record& record, size_t bound) {
  if (bound + 1024 <= limits::line_bytes) return {};
  const size_t size = to_text(to_json(record)).size();
  if (size <= limits::line_bytes) return {};
  return too_large(
      fmt::format("the record has {} bytes as JSON, more than {}", size, limits::line_bytes));
}

}  // namespace

Result<> check_record(const Item& item) {
  TRY(check_id("id", item.id));
  TRY(check_text("title", item.title));
  TRY(check_text("text", item.text));
  TRY(check_strings("categories", item.categories));
  TRY(check_labels(item.labels));
  TRY(check_times("time", item.time));
  TRY(check_times("expires", item.expires));
  if (item.vector.size() > limits::vector_dimensions)
    return too_large(fmt::format("\"vector\" has {} dimensions, more than {}", item.vector.size(),
                                 limits::vector_dimensions));
  for (size_t i = 0; i < item.vector.size(); ++i)
    if (!std::isfinite(item.vector[i]))
      return invalid(fmt::format("\"vector\" is not a finite number at {}", i));
  TRY(check_text("url", item.url));
  TRY(check_text("image", item.image));
  TRY(check_text("audio", item.audio));
  return check_size(item, 6 * (item.id.size() + item.title.size() + item.text.size() +
                               item.url.size() + item.image.size() + item.audio.size()) +
                              32 * item.vector.size() + text_bound(item.categories) +
                              text_bound(item.labels));
}

Result<> check_record(const User& user) {
  TRY(check_id("id", user.id));
  TRY(check_labels(user.labels));
  TRY(check_strings("interests", user.interests));
  return check_size(user,
                    6 * user.id.size() + text_bound(user.interests) + text_bound(user.labels));
}

Result<> check_record(const Event& event) {
  TRY(check_id("user", event.user));
  TRY(check_id("item", event.item));
  TRY(check_id("type", event.type));
  if (!std::isfinite(event.value)) return invalid("\"value\" is not a finite number");
  TRY(check_times("time", event.time));
  if (event.recommendation.size() > limits::id_bytes)
    return too_large(fmt::format("\"recommendation\" has {} bytes, more than {}",
                                 event.recommendation.size(), limits::id_bytes));
  TRY(check_text("recommendation", event.recommendation));
  TRY(check_labels(event.labels));
  return check_size(event, 6 * (4 * limits::id_bytes) + text_bound(event.labels));
}

Result<Seconds> parse_time(std::string_view text) {
  // A string of digits is a Unix time when it is too long for a year or a date.
  const bool digits = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (digits && text.size() >= 9 && text.size() <= 16) {
    double number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return parse_time(number);
  }
  Result<Seconds> time = parse_rfc3339(text);
  // "2016-03-14 10:00:00", as databases print it, has no zone: UTC.
  if (!time.ok() && text.size() >= 19 && text.size() < 40) {
    if (Result<Seconds> zoned = parse_rfc3339(std::string(text) + "Z"); zoned.ok()) time = zoned;
  }
  if (!time.ok()) return time;
  return canonical_time(*time);
}

Result<Seconds> parse_time(double number) {
  TRY(const Seconds time, normalise_unix_time(number));
  return canonical_time(time);
}

}  // namespace penchant

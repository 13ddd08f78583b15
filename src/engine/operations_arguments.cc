// check_arguments: raw arguments against the fields of an operation.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/limits.h"
#include "base/utf8.h"
#include "engine/operations.h"

namespace penchant {

namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const size_t comma = text.find(',');
    if (!text.substr(0, comma).empty()) out.push_back(text.substr(0, comma));
    if (comma == text.npos) return out;
    text.remove_prefix(comma + 1);
  }
}

Error wrong(const Field& field, std::string_view expected, const json::value& value) {
  return invalid(fmt::format("{}: must be {}, not {}", field.name, expected, shown(value)));
}

std::string range_text(const Field& field, std::string_view kind) {
  if (field.maximum == 0) return std::string(kind);
  return fmt::format("{} from {} to {}", kind, field.minimum, field.maximum);
}

// ---- Text to typed values (path and query)

Result<json::value> number_from_text(const Field& field, std::string_view text) {
  const char* end = text.data() + text.size();
  if (field.type == FieldType::integer) {
    int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end) return json::value(number);
    return wrong(field, range_text(field, "a whole number"), json::value(text));
  }
  double number = 0;
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end && std::isfinite(number))
    return json::value(number);
  return wrong(field, range_text(field, "a number"), json::value(text));
}

// Several values stand as they are; a single one may hold several with commas between.
json::value list_from_text(const json::value& raw) {
  json::array out;
  if (raw.is_array()) {
    for (const json::value& entry : raw.get_array())
      if (!entry.is_string() || !entry.get_string().empty()) out.push_back(entry);
  } else {
    for (const std::string_view part : split(std::string_view(raw.get_string())))
      out.emplace_back(part);
  }
  return out;
}

Result<json::value> from_text(const Field& field, const json::value& raw) {
  if (field.type == FieldType::strings) return list_from_text(raw);
  if (raw.is_array()) return invalid(fmt::format("{}: given more than once", field.name));
  const std::string_view text = raw.get_string();
  switch (field.type) {
    case FieldType::integer:
    case FieldType::number:
      return number_from_text(field, text);
    case FieldType::boolean:
      if (text == "true" || text == "1") return json::value(true);
      if (text == "false" || text == "0") return json::value(false);
      return wrong(field, "true or false", raw);
    default:
      return raw;
  }
}

// ---- Checks of typed values; each gives the value in its one form

Result<> check_choice(const Field& field, const json::value& value) {
  if (field.choices.empty()) return {};
  const auto choices = split(field.choices);
  for (const std::string_view choice : choices)
    if (value.get_string() == choice) return {};
  return wrong(field,
               choices.size() == 1 ? fmt::format("\"{}\"", choices[0])
                                   : fmt::format("one of {}", fmt::join(choices, ", ")),
               value);
}

Result<json::value> check_string(const Field& field, json::value value) {
  if (!value.is_string()) return wrong(field, "a string", value);
  const std::string_view text = value.get_string();
  if (text.empty() && field.required) return invalid(fmt::format("{}: is empty", field.name));
  if (field.maximum > 0 && double(text.size()) > field.maximum)
    return Error{
        text.size() > limits::target_bytes ? Code::too_large : Code::invalid,
        fmt::format("{}: {} bytes, the limit is {}", field.name, text.size(), field.maximum)};
  TRY(check_utf8(text, field.name));
  TRY(check_choice(field, value));
  return value;
}

Result<json::value> check_number(const Field& field, json::value value) {
  const bool whole = field.type == FieldType::integer;
  const std::string expected = range_text(field, whole ? "a whole number" : "a number");
  if (!value.is_number()) return wrong(field, expected, value);
  const double number = value.to_number<double>();
  if (field.maximum > 0 && !(number >= field.minimum && number <= field.maximum))
    return wrong(field, expected, value);
  if (!whole) return value;
  if (number != std::floor(number) || std::abs(number) > 1e15) return wrong(field, expected, value);
  return json::value(static_cast<int64_t>(number));
}

Result<> check_count(const Field& field, size_t count) {
  if (double(count) < field.minimum) return invalid(fmt::format("{}: is empty", field.name));
  if (field.maximum > 0 && double(count) > field.maximum)
    return too_large(
        fmt::format("{}: {} entries, the limit is {}", field.name, count, field.maximum));
  return {};
}

Result<json::value> check_strings(const Field& field, json::value value) {
  if (value.is_string()) value = json::array{std::move(value)};
  if (!value.is_array()) return wrong(field, "a list of strings", value);
  const json::array& array = value.get_array();
  TRY(check_count(field, array.size()));
  for (size_t i = 0; i < array.size(); ++i) {
    if (!array[i].is_string())
      return invalid(
          fmt::format("{}[{}]: must be a string, not {}", field.name, i, shown(array[i])));
    const std::string_view text = array[i].get_string();
    if (text.size() > limits::text_bytes)
      return too_large(fmt::format("{}[{}]: {} bytes, the limit is {}", field.name, i, text.size(),
                                   limits::text_bytes));
    TRY(check_utf8(text, fmt::format("{}[{}]", field.name, i)));
    TRY(check_choice(field, array[i]));
  }
  return value;
}

Result<json::value> check_objects(const Field& field, json::value value) {
  if (value.is_object()) value = json::array{std::move(value)};
  if (!value.is_array()) return wrong(field, "an object or a list of objects", value);
  const json::array& array = value.get_array();
  TRY(check_count(field, array.size()));
  for (size_t i = 0; i < array.size(); ++i)
    if (!array[i].is_object())
      return invalid(
          fmt::format("{}[{}]: must be an object, not {}", field.name, i, shown(array[i])));
  return value;
}

Result<json::value> check_value(const Field& field, json::value value) {
  switch (field.type) {
    case FieldType::string:
      return check_string(field, std::move(value));
    case FieldType::integer:
    case FieldType::number:
      return check_number(field, std::move(value));
    case FieldType::boolean:
      if (!value.is_bool()) return wrong(field, "true or false", value);
      return value;
    case FieldType::strings:
      return check_strings(field, std::move(value));
    case FieldType::object:
      if (!value.is_object()) return wrong(field, "an object", value);
      return value;
    case FieldType::objects:
      return check_objects(field, std::move(value));
  }
  return value;
}

const Field* find_field(const Operation& operation, std::string_view name) {
  for (const Field& field : operation.fields)
    if (field.name == name) return &field;
  return nullptr;
}

}  // namespace

Result<json::object> check_arguments(const Operation& operation, json::object raw) {
  json::object out;
  for (auto& entry : raw) {
    const std::string_view name = entry.key();
    const Field* field = find_field(operation, name);
    if (field == nullptr)
      return invalid(
          fmt::format("{}: {} has no such field", shown(json::value(name)), operation.name));
    json::value value = std::move(entry.value());
    if (value.is_null()) continue;  // as if absent
    if (field->place != FieldPlace::body) {
      TRY(value, from_text(*field, value));
    }
    TRY(out[name], check_value(*field, std::move(value)));
  }
  for (const Field& field : operation.fields) {
    if (out.contains(field.name)) continue;
    if (field.required) return invalid(fmt::format("{}: is missing", field.name));
    if (field.fallback.empty()) continue;
    TRY(out[field.name], parse_json(field.fallback, field.name));
  }
  return out;
}

}  // namespace penchant

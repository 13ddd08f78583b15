#include "base/json.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <cmath>

#include "base/limits.h"

namespace penchant {

Result<json::value> parse_json(std::string_view text, std::string_view place) {
  json::parse_options options;
  options.max_depth = limits::json_depth;
  json::error_code code;
  json::stream_parser parser({}, options);
  const size_t read = parser.write_some(text.data(), text.size(), code);
  if (!code && read < text.size() &&
      text.find_first_not_of(" \t\r\n", read) != std::string_view::npos)
    code = json::error::extra_data;
  if (!code) parser.finish(code);
  if (code)
    return invalid(fmt::format("{}: not valid JSON at byte {}: {}", place, read, code.message()));
  return parser.release();
}

std::string to_text(const json::value& value) { return json::serialize(value); }

namespace {

Error wrong_type(std::string_view field, std::string_view wanted, const json::value& found) {
  return invalid(
      fmt::format("\"{}\" must be {}, not {}", field, wanted, json::to_string(found.kind())));
}

const json::value* find(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  return value == nullptr || value->is_null() ? nullptr : value;
}

}  // namespace

Result<std::optional<std::string>> get_string(const json::object& object, std::string_view field) {
  const json::value* value = find(object, field);
  if (value == nullptr) return std::optional<std::string>();
  if (!value->is_string()) return wrong_type(field, "a string", *value);
  return std::optional(std::string(value->get_string()));
}

Result<std::optional<double>> get_number(const json::object& object, std::string_view field) {
  const json::value* value = find(object, field);
  if (value == nullptr) return std::optional<double>();
  if (!value->is_number()) return wrong_type(field, "a number", *value);
  const double number = value->to_number<double>();
  if (!std::isfinite(number)) return invalid(fmt::format("\"{}\" must be finite", field));
  return std::optional(number);
}

Result<std::optional<int64_t>> get_integer(const json::object& object, std::string_view field) {
  TRY(auto number, get_number(object, field));
  if (!number) return std::optional<int64_t>();
  if (std::floor(*number) != *number || std::abs(*number) > 9.0e15)
    return invalid(fmt::format("\"{}\" must be a whole number, not {}", field, *number));
  return std::optional(static_cast<int64_t>(*number));
}

Result<std::optional<bool>> get_bool(const json::object& object, std::string_view field) {
  const json::value* value = find(object, field);
  if (value == nullptr) return std::optional<bool>();
  if (!value->is_bool()) return wrong_type(field, "true or false", *value);
  return std::optional(value->get_bool());
}

Result<std::vector<std::string>> get_strings(const json::object& object, std::string_view field) {
  const json::value* value = find(object, field);
  std::vector<std::string> strings;
  if (value == nullptr) return strings;
  if (value->is_string()) {
    strings.emplace_back(value->get_string());
    return strings;
  }
  if (!value->is_array()) return wrong_type(field, "a list of strings", *value);
  if (value->get_array().size() > limits::list_values)
    return too_large(fmt::format("\"{}\" has {} entries, more than {}", field,
                                 value->get_array().size(), limits::list_values));
  for (const json::value& entry : value->get_array()) {
    if (!entry.is_string()) return wrong_type(field, "a list of strings", entry);
    strings.emplace_back(entry.get_string());
  }
  return strings;
}

}  // namespace penchant

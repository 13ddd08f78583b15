// JSON read from outside, with limits, and small typed getters whose errors name the field.
// Thread-safety: functions on values.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace penchant {

namespace json = boost::json;

// Strict JSON (RFC 8259), UTF-8 checked, at most limits::json_depth deep. `place` starts the error
// message: a file, a line or "body".
Result<json::value> parse_json(std::string_view text, std::string_view place);

// Compact text. Not-a-number and infinities become null (JSON has neither).
std::string to_text(const json::value& value);

// A value in an error's sentence: as JSON, cut when long.
std::string shown(const json::value& value);

// The numbers of a vector, each as short as reads back as the same float.
json::array vector_to_json(std::span<const float> vector);

// Getters for an optional field: absent and null give nullopt, a wrong type is an error naming it.
Result<std::optional<std::string>> get_string(const json::object& object, std::string_view field);
Result<std::optional<double>> get_number(const json::object& object, std::string_view field);
Result<std::optional<int64_t>> get_integer(const json::object& object, std::string_view field);
Result<std::optional<bool>> get_bool(const json::object& object, std::string_view field);
// A list of strings; one string alone counts as a list of one.
Result<std::vector<std::string>> get_strings(const json::object& object, std::string_view field);

}  // namespace penchant

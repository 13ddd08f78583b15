// The target of a request taken apart: percent-decoded path segments and query parameters, checked
// to be UTF-8; and the operation it names. Thread-safety: functions on values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/operations.h"

namespace penchant {

struct HttpTarget {
  std::string authority;              // of the absolute form "http://host/path", else empty
  std::vector<std::string> segments;  // "/v1/items/b%2F1" -> {"v1", "items", "b/1"}
  std::vector<std::pair<std::string, std::string>> query;
};

Result<HttpTarget> parse_target(std::string_view target);

// "%41+b" -> "A b" (`plus_is_space`, as in queries). `place` starts the error.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space,
                                   std::string_view place);

struct Route {
  const Operation* operation = nullptr;  // null: see allow
  std::string allow;                     // methods the path knows; empty: no such path
  json::object path_arguments;
};

// HEAD is taken as GET.
Route find_route(std::string_view method, const std::vector<std::string>& segments);

// Query parameters that the operation has, as raw arguments; a repeated one becomes an array. An
// unknown one is an error naming it.
Result<> add_query_arguments(const Operation& operation, const HttpTarget& target,
                             json::object& raw);

// The body's members, or the whole body. A member that is no body field is an error naming it.
Result<> add_body_arguments(const Operation& operation, json::value body, json::object& raw);

}  // namespace penchant

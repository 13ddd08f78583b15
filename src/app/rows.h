// Answers as rows: one JSON object a line, or a table on a terminal. Thread-safety: main thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace penchant {

// A value as a cell of a table: strings bare, lists joined with ", ", numbers to four digits,
// objects by what they are called ("text", "title", "name", "item").
std::string cell(const json::value& value);

// Prints objects as lines, or (on a terminal, without as_json) as a table of the named members,
// those that some row has.
Result<> print_rows(std::span<const json::object> rows, std::span<const std::string_view> columns,
                    bool as_json);

}  // namespace penchant

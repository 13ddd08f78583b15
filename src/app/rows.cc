#include "app/rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/output.h"

namespace penchant {

namespace {

const json::value* member(const json::object& object, std::string_view name) {
  return object.if_contains({name.data(), name.size()});
}

// A terminal would obey control characters; a table shows them as spaces.
std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return out;
}

}  // namespace

std::string cell(const json::value& value) {
  if (value.is_string()) return printable(value.get_string());
  if (value.is_double()) return fmt::format("{:.4f}", value.get_double());
  if (value.is_null()) return "";
  if (value.is_object()) {
    for (const char* name : {"text", "title", "name", "item", "interest"})
      if (const auto* found = member(value.get_object(), name)) return cell(*found);
    return printable(to_text(value));
  }
  if (!value.is_array()) return to_text(value);
  std::string out;
  for (const json::value& part : value.get_array()) {
    const std::string text = cell(part);
    if (text.empty()) continue;
    if (!out.empty()) out += part.is_object() ? "; " : ", ";
    out += text;
  }
  return out;
}

Result<> print_rows(std::span<const json::object> rows, std::span<const std::string_view> columns,
                    bool as_json) {
  std::string out;
  if (as_json || !stdout_is_terminal()) {
    for (const json::object& row : rows) out += to_text(row) + "\n";
    return write_out(out);
  }
  std::vector<std::string> used;
  for (const std::string_view column : columns)
    if (std::any_of(rows.begin(), rows.end(),
                    [&](const json::object& row) { return member(row, column) != nullptr; }))
      used.emplace_back(column);
  if (used.empty()) return {};
  Table table(used);
  for (const json::object& row : rows) {
    std::vector<std::string> cells;
    for (const std::string& column : used) {
      const json::value* value = member(row, column);
      cells.push_back(value == nullptr ? "" : cell(*value));
    }
    table.add(std::move(cells));
  }
  return write_out(table.text(terminal_columns()));
}

}  // namespace penchant

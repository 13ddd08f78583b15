#include "store/table_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "store/field_names.h"
#include "store/python_literal.h"

namespace penchant {

namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_field(RecordKind kind, std::string_view name) {
  for (const FieldNames& field : field_names(kind))
    if (field.field == name) return true;
  return false;
}

std::string joined_names(const std::vector<TableColumn>& columns) {
  std::string names;
  for (const TableColumn& column : columns) names += (names.empty() ? "" : ", ") + column.name;
  return names.substr(0, 300);
}

// The field of ours for each column: those renamed by the caller first, then by known names.
Result<> assign_fields(RecordKind kind, std::vector<TableColumn>& columns,
                       const std::map<std::string, std::string>& renamed, bool must_have) {
  std::vector<std::string_view> taken;
  for (const auto& [field, name] : renamed) {
    const auto column =
        std::find_if(columns.begin(), columns.end(),
                     [&wanted = name](const TableColumn& c) { return c.name == wanted; });
    if (column == columns.end()) {
      if (must_have && is_field(kind, field))
        return invalid(fmt::format("no column \"{}\" for \"{}\"; there are: {}", name, field,
                                   joined_names(columns)));
      continue;
    }
    for (const FieldNames& known : field_names(kind))
      if (known.field == field) column->field = known.field;
    taken.push_back(column->field);
    if (column->field.empty()) column->name = field;  // a label under another name
  }
  for (const FieldNames& known : field_names(kind)) {
    if (std::find(taken.begin(), taken.end(), known.field) != taken.end()) continue;
    for (const std::string_view name : known.names) {
      const auto column = std::find_if(columns.begin(), columns.end(), [&](const TableColumn& c) {
        return c.field.empty() && fold_name(c.name) == name;
      });
      if (column == columns.end()) continue;
      column->field = known.field;
      break;
    }
  }
  return {};
}

bool has_field(const std::vector<TableColumn>& columns, std::string_view field) {
  return std::any_of(columns.begin(), columns.end(),
                     [&](const TableColumn& column) { return column.field == field; });
}

json::array to_array(const std::vector<std::string>& strings) {
  return json::array(strings.begin(), strings.end());
}

json::array split_numbers(std::string_view cell) {
  json::array numbers;
  size_t at = 0;
  while (at < cell.size()) {
    const size_t end = std::min(cell.find_first_of(" ,;[]", at), cell.size());
    if (end > at) {
      const std::optional<double> number = parse_number(cell.substr(at, end - at));
      if (!number) return {};
      numbers.push_back(*number);
    }
    at = end + 1;
  }
  return numbers;
}

std::vector<std::string> split_words(std::string_view cell) {
  std::vector<std::string> words;
  size_t at = 0;
  while (at < cell.size()) {
    const size_t end = std::min(cell.find(' ', at), cell.size());
    if (end > at) words.emplace_back(cell.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// A number that is whole stays one: 1995, not 1995.0.
json::value number_label(double number) {
  if (std::floor(number) == number && std::abs(number) < 9e15) return static_cast<int64_t>(number);
  return number;
}

json::value label_value(CellType type, std::string_view cell) {
  switch (type) {
    case CellType::number:
      if (const auto number = parse_number(cell)) return number_label(*number);
      break;
    case CellType::boolean:
      if (cell == "true" || cell == "True") return true;
      if (cell == "false" || cell == "False") return false;
      break;
    case CellType::texts:
      return to_array(split_words(cell));
    case CellType::numbers:
      if (json::array numbers = split_numbers(cell); !numbers.empty()) return numbers;
      break;
    case CellType::text:
      break;
  }
  return json::value(cell);  // what the column's type did not expect is kept as it is
}

Error in_column(const TableColumn& column, const Error& error) {
  return {error.code, fmt::format("column \"{}\": {}", column.name, error.message)};
}

// A list of names: RecBole's token_seq is separated by spaces, everyone else's has marks.
std::vector<std::string> categories_of(const TableColumn& column, std::string_view cell) {
  const bool marked = cell.find_first_of("|;,") != std::string_view::npos ||
                      std::string_view("['\"").find(cell.front()) != std::string_view::npos;
  return column.type == CellType::texts && !marked ? split_words(cell) : split_list(cell);
}

Result<json::value> field_value(const TableColumn& column, std::string_view cell) {
  if (column.field == "categories") return json::value(to_array(categories_of(column, cell)));
  if (column.field == "interests") return json::value(to_array(split_list(cell)));
  if (column.field == "vector") {
    json::array numbers = split_numbers(cell);
    if (numbers.empty()) return in_column(column, invalid("not a list of numbers"));
    return json::value(std::move(numbers));
  }
  if (column.field == "hidden") return json::value(cell == "true" || cell == "True" || cell == "1");
  if (column.field != "time" && column.field != "expires") return json::value(cell);
  Result<Seconds> time = parse_time_cell(cell);
  if (!time.ok()) return in_column(column, time.error());
  return json::value(*time);
}

Result<json::object> object_of(const std::vector<TableColumn>& columns,
                               std::span<const std::string> cells) {
  json::object object, labels;
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string_view cell = trim(cells[i]);
    if (cell.empty()) continue;
    if (columns[i].field.empty()) {
      if (columns[i].name.empty()) continue;  // the row numbers that pandas writes
      labels[columns[i].name] = label_value(columns[i].type, cell);
      continue;
    }
    TRY(json::value value, field_value(columns[i], cell));
    object[columns[i].field] = std::move(value);
  }
  if (!labels.empty()) object["labels"] = std::move(labels);
  return object;
}

}  // namespace

Result<TableShape> TableShape::make(RecordKind kind, std::vector<TableColumn> columns,
                                    const std::map<std::string, std::string>& renamed,
                                    bool must_have, std::string default_type) {
  TableShape shape;
  shape.kind_ = kind;
  shape.columns_ = std::move(columns);
  shape.default_type_ = std::move(default_type);
  for (TableColumn& column : shape.columns_) column.name = trim(column.name);
  TRY(assign_fields(kind, shape.columns_, renamed, must_have));
  const auto need = [&](std::string_view field) -> Result<> {
    if (has_field(shape.columns_, field)) return {};
    return invalid(
        fmt::format("no column for \"{}\"; there are: {}", field, joined_names(shape.columns_)));
  };
  if (kind == RecordKind::event) {
    TRY(need("user"));
    TRY(need("item"));
    const auto value =
        std::find_if(shape.columns_.begin(), shape.columns_.end(),
                     [](const TableColumn& column) { return column.field == "value"; });
    const bool rated = value != shape.columns_.end() && fold_name(value->name) != "value" &&
                       fold_name(value->name) != "eventvalue";
    if (shape.default_type_.empty()) shape.default_type_ = rated ? "rating" : "view";
  } else {
    TRY(need("id"));
  }
  return shape;
}

Result<Item> TableShape::item(std::span<const std::string> cells) const {
  TRY(const json::object object, object_of(columns_, cells));
  return item_from_json(object);
}

Result<User> TableShape::user(std::span<const std::string> cells) const {
  TRY(const json::object object, object_of(columns_, cells));
  return user_from_json(object);
}

// Without JSON in between: files have millions of these.
Result<Event> TableShape::event(std::span<const std::string> cells) const {
  Event event;
  event.type = default_type_;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const TableColumn& column = columns_[i];
    const std::string_view cell = trim(cells[i]);
    if (cell.empty()) continue;
    if (column.field == "user") {
      event.user = cell;
    } else if (column.field == "item") {
      event.item = cell;
    } else if (column.field == "type") {
      event.type = cell;
    } else if (column.field == "recommendation") {
      event.recommendation = cell;
    } else if (column.field == "value") {
      const std::optional<double> number = parse_number(cell);
      if (!number)
        return invalid(
            fmt::format("column \"{}\": \"{}\" is not a number", column.name, cell.substr(0, 64)));
      event.value = *number;
    } else if (column.field == "time") {
      Result<Seconds> time = parse_time_cell(cell);
      if (!time.ok()) return in_column(column, time.error());
      event.time = *time;
    } else if (!column.name.empty()) {
      event.labels[column.name] = label_value(column.type, cell);
    }
  }
  return event;
}

namespace {

// A number that says the same as its text, so that ids such as 007 or 1e5 stay text.
bool is_plain_number(std::string_view cell) {
  if (cell.empty() || cell.size() > 15 || cell.find_first_of("eE+") != std::string_view::npos)
    return false;
  const std::string_view digits = cell.front() == '-' ? cell.substr(1) : cell;
  if (digits.size() > 1 && digits[0] == '0' && digits[1] != '.') return false;
  return parse_number(cell).has_value();
}

bool is_boolean(std::string_view cell) {
  return cell == "true" || cell == "false" || cell == "True" || cell == "False";
}

}  // namespace

void infer_types(std::vector<TableColumn>& columns,
                 std::span<const std::vector<std::string>> sample) {
  for (size_t i = 0; i < columns.size(); ++i) {
    bool any = false, numbers = true, booleans = true;
    for (const std::vector<std::string>& row : sample) {
      if (i >= row.size()) continue;
      const std::string_view cell = trim(row[i]);
      if (cell.empty()) continue;
      any = true;
      numbers = numbers && is_plain_number(cell);
      booleans = booleans && is_boolean(cell);
    }
    columns[i].type = any && numbers    ? CellType::number
                      : any && booleans ? CellType::boolean
                                        : CellType::text;
  }
}

std::vector<std::string> split_list(std::string_view cell) {
  std::vector<std::string> parts;
  cell = trim(cell);
  if (cell.empty()) return parts;
  if (cell.front() == '[' || cell.front() == '\'' || cell.front() == '"') {
    // Also what is left of a list without its brackets: 'Beauty', 'Hair Care'.
    const std::string list = cell.front() == '[' ? std::string(cell) : fmt::format("[{}]", cell);
    const Result<json::value> value = parse_python(list, "list");
    if (value.ok() && value->is_array()) {
      for (const json::value& entry : value->get_array())
        if (entry.is_string()) parts.emplace_back(entry.get_string());
      return parts;
    }
  }
  char separator = ',';
  for (const char candidate : {'|', ';'})
    if (cell.find(candidate) != std::string_view::npos) {
      separator = candidate;
      break;
    }
  size_t at = 0;
  while (at <= cell.size()) {
    const size_t end = std::min(cell.find(separator, at), cell.size());
    const std::string_view part = trim(cell.substr(at, end - at));
    if (!part.empty()) parts.emplace_back(part);
    at = end + 1;
  }
  return parts;
}

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

Result<Seconds> parse_time_cell(std::string_view cell) {
  if (const std::optional<double> number = parse_number(cell)) return parse_time(*number);
  return parse_time(cell);
}

}  // namespace penchant

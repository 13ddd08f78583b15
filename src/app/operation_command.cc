#include "app/operation_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/commands.h"
#include "app/rows.h"
#include "engine/engine.h"
#include "engine/operations.h"

namespace penchant {

namespace {

bool is_list(const Field& field) { return field.type == FieldType::strings; }

bool is_word(const OperationCommand& command, std::string_view field) {
  return std::find(command.words.begin(), command.words.end(), field) != command.words.end();
}

// What is false unless the command line says otherwise needs no value there.
bool is_switch(const Field& field) {
  return field.type == FieldType::boolean && field.fallback == "false";
}

std::string_view placeholder(const Field& field) {
  if (is_switch(field)) return "";
  switch (field.type) {
    case FieldType::integer:
      return "N";
    case FieldType::number:
      return "X";
    case FieldType::boolean:
      return "true|false";
    case FieldType::strings:
      return "A,B,...";
    default:
      return "TEXT";
  }
}

std::string help_of(const Field& field) {
  std::string out(field.help);
  std::string notes;
  if (field.required) notes = "needed";
  const bool is_range = field.type == FieldType::integer || field.type == FieldType::number;
  if (is_range && field.minimum < field.maximum) {
    if (!notes.empty()) notes += ", ";
    notes += fmt::format("{} to {}", field.minimum, field.maximum);
  }
  if (!field.fallback.empty() && !is_switch(field))
    notes += fmt::format("{}default: {}", notes.empty() ? "" : ", ", field.fallback);
  return notes.empty() ? out : fmt::format("{} ({})", out, notes);
}

// At "," and at the full-width comma of Chinese text; blanks around a part are dropped.
void split_list(std::string_view text, json::array& out) {
  constexpr std::string_view wide_comma = "\xEF\xBC\x8C";
  while (!text.empty()) {
    const size_t narrow = text.find(','), wide = text.find(wide_comma);
    const size_t end = std::min({narrow, wide, text.size()});
    std::string_view part = text.substr(0, end);
    const size_t begin = std::min(part.find_first_not_of(' '), part.size());
    part = part.substr(begin, part.find_last_not_of(' ') + 1 - begin);
    if (!part.empty()) out.emplace_back(part);
    text.remove_prefix(std::min(text.size(), end + (end == wide ? wide_comma.size() : 1)));
  }
}

// Values on the command line are text; those of body fields have a type in JSON.
Result<json::value> option_value(const Field& field, std::span<const std::string> values) {
  if (is_list(field)) {
    json::array out;
    for (const std::string& value : values) split_list(value, out);
    return json::value(std::move(out));
  }
  if (is_switch(field))
    return field.place == FieldPlace::body ? json::value(true) : json::value("true");
  const std::string& text = values[0];
  if (field.place != FieldPlace::body || field.type == FieldType::string)
    return json::value(json::string(text));
  auto parsed = parse_json(text, fmt::format("option --{}", field.name));
  if (!parsed.ok()) return invalid(fmt::format("option --{}: \"{}\"", field.name, text));
  return *std::move(parsed);
}

Result<json::object> raw_arguments(const OperationCommand& command, const Operation& operation,
                                   const Arguments& arguments) {
  json::object raw;
  for (const Field& field : operation.fields) {
    const std::string name(field.name);
    if (is_word(command, field.name) || !arguments.has(name)) continue;
    TRY(raw[name], option_value(field, arguments.all(name)));
  }
  size_t next = command.skip;
  const auto words = arguments.positionals();
  for (const std::string_view name : command.words) {
    const auto field = std::find_if(operation.fields.begin(), operation.fields.end(),
                                    [&](const Field& candidate) { return candidate.name == name; });
    if (field == operation.fields.end() || next == words.size()) continue;
    if (!is_list(*field)) {
      raw[std::string(name)] = json::string(words[next++]);
      continue;
    }
    json::array all;
    for (; next < words.size(); ++next) all.emplace_back(json::string(words[next]));
    raw[std::string(name)] = std::move(all);
  }
  return raw;
}

Result<std::vector<json::object>> rows_of(const OperationCommand& command, json::value answer) {
  std::vector<json::object> rows;
  if (!answer.is_object()) return Error{Code::internal, "the answer is no object"};
  if (command.rows.empty()) {
    rows.push_back(std::move(answer.get_object()));
    return rows;
  }
  const json::value* list =
      answer.get_object().if_contains({command.rows.data(), command.rows.size()});
  if (list == nullptr || !list->is_array())
    return Error{Code::internal, fmt::format("the answer has no list \"{}\"", command.rows)};
  for (const json::value& row : list->get_array())
    rows.push_back(row.is_object() ? row.get_object() : json::object{{"value", row}});
  return rows;
}

Result<> answer(const OperationCommand& command, const Operation& operation,
                const Arguments& arguments, const Caller& caller, const json::object& checked) {
  TRY(const auto engine, open_engine(arguments, command.folder));
  TRY(json::value answered, operation.handler(*engine, caller, checked));
  TRY(const auto rows, rows_of(command, std::move(answered)));
  return print_rows(rows, command.columns, arguments.has("json"));
}

}  // namespace

std::vector<Option> operation_options(const OperationCommand& command) {
  std::vector<Option> out = data_options();
  const Operation* operation = find_operation(command.operation);
  CHECK(operation != nullptr, command.operation);
  for (const Field& field : operation->fields) {
    if (is_word(command, field.name)) continue;
    const char letter = field.name.size() == 1 ? field.name[0] : '\0';
    out.push_back({std::string(field.name), std::string(placeholder(field)), help_of(field), letter,
                   is_list(field)});
  }
  out.push_back({"json", "", "JSON Lines, on a terminal too"});
  return out;
}

int run_operation(const OperationCommand& command, const Arguments& arguments) {
  const Operation* operation = find_operation(command.operation);
  CHECK(operation != nullptr, command.operation);
  if (command.folder == Folder::existing && !arguments.has("data"))
    return usage_error("option --data is missing");
  auto raw = raw_arguments(command, *operation, arguments);
  if (!raw.ok()) return usage_error(raw.error().message);
  const auto checked = check_arguments(*operation, *std::move(raw));
  if (!checked.ok()) return usage_error(checked.error().message);
  const auto language = chosen_language(arguments);
  if (!language.ok()) return usage_error(language.error().message);
  const Caller caller = {.tenant = chosen_tenant(arguments), .language = *language};
  const auto done = answer(command, *operation, arguments, caller, *checked);
  return done.ok() ? 0 : failure(done.error());
}

}  // namespace penchant

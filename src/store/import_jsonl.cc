// JSON Lines: one item, user or event a line, in our names or others'.
#include <fmt/format.h>

#include <algorithm>

#include "store/field_names.h"
#include "store/import_formats.h"
#include "store/table_row.h"

namespace penchant {

namespace {

bool present(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  return value != nullptr && !value->is_null();
}

void rename(json::object& object, std::string_view from, std::string_view to) {
  const auto found = object.find(from);
  if (found == object.end()) return;
  json::value value = std::move(found->value());
  object.stable_erase(found);
  object[to] = std::move(value);
}

// Whether a value can be what our field needs; else it stays a label.
bool suits(std::string_view field, const json::value& value) {
  if (field == "categories" || field == "interests")
    return value.is_string() ||
           (value.is_array() && std::all_of(value.get_array().begin(), value.get_array().end(),
                                            [](const json::value& v) { return v.is_string(); }));
  if (field == "value") return value.is_number();
  if (field == "time" || field == "expires")
    return value.is_number() ||
           (value.is_string() && parse_time(std::string_view(value.get_string())).ok());
  if (field == "id" || field == "user" || field == "item")
    return value.is_string() || value.is_int64() || value.is_uint64();
  if (field == "title" || field == "type" || field == "recommendation") return value.is_string();
  return false;  // texts, urls and images: item_from_json knows their names, or they stay labels
}

void take_known_names(json::object& object, RecordKind kind) {
  for (const FieldNames& known : field_names(kind)) {
    if (object.contains(known.field)) continue;
    for (const std::string_view name : known.names) {
      const auto found = std::find_if(object.begin(), object.end(), [&](const auto& entry) {
        return fold_name(entry.key()) == name && suits(known.field, entry.value());
      });
      if (found == object.end()) continue;
      rename(object, std::string(found->key()), known.field);
      break;
    }
  }
}

// A value that is a text: a number in quotes, or what was said (a tag): kept as a label.
void take_text_value(json::object& object) {
  json::value* value = object.if_contains("value");
  if (value == nullptr || !value->is_string()) return;
  if (const std::optional<double> number = parse_number(std::string_view(value->get_string()))) {
    *value = *number;
    return;
  }
  if (!present(object, "labels")) object["labels"] = json::object();
  json::value said = std::move(object.at("value"));
  if (json::object* labels = object.at("labels").if_object()) labels->emplace("value", said);
  object.erase("value");
}

}  // namespace

std::optional<RecordKind> kind_of_object(const json::object& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object) names.push_back(fold_name(name));
  return kind_of_names(names);
}

json::object with_our_names(json::object object, RecordKind kind, const ImportOptions& options) {
  for (const auto& [field, name] : options.columns)
    if (!object.contains(field)) rename(object, name, field);
  if (kind != RecordKind::event) {
    take_known_names(object, kind);
    return object;
  }
  const bool complete = present(object, "user") && present(object, "item");
  const bool rated = !object.contains("value") && object.contains("rating");
  if (!complete || !object.contains("type") || !object.contains("value") ||
      !object.contains("time"))
    take_known_names(object, kind);
  take_text_value(object);
  if (!present(object, "type"))
    object["type"] = !options.event_type.empty() ? options.event_type : rated ? "rating" : "view";
  return object;
}

namespace {

Result<> import_object(json::object object, const ImportFile& file, const ImportOptions& options,
                       ImportOutput& output) {
  RecordKind kind = file.kind;
  if (file.kind_by_line) {
    const std::optional<RecordKind> told = kind_of_object(object);
    if (!told)
      return output.bad("neither an item (\"id\"), a user nor an event (\"user\" and \"item\")");
    kind = *told;
  }
  object = with_our_names(std::move(object), kind, options);
  if (kind == RecordKind::item) return output.add(item_from_json(object));
  if (kind == RecordKind::user) return output.add(user_from_json(object));
  return output.add(event_from_json(object));
}

}  // namespace

Result<> import_jsonl(const ImportFile& file, const ImportOptions& options, ImportOutput& output) {
  return output.for_each_line(file.path, [&](std::string_view line) -> Result<> {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return {};
    Result<json::value> value = parse_json(line, "line");
    if (!value.ok()) {
      std::string_view reason = value.error().message;
      reason.remove_prefix(std::string_view("line: ").size());
      return output.bad(reason);
    }
    if (!value->is_object()) return output.bad("not a JSON object");
    return import_object(std::move(value->get_object()), file, options, output);
  });
}

}  // namespace penchant

// The OpenAPI 3.1 description: assets/openapi.json holds what no table has (title, health paths),
// assets/schemas.json the records and answers, the rest comes from the table.
#include <string>

#include "base/assets.h"
#include "engine/operations.h"

namespace penchant {

namespace {

json::object asset(std::string_view name) {
  return parse_json(assets::get(name), name).value().get_object();
}

json::object reference(std::string_view kind, std::string_view name) {
  return {{"$ref", "#/components/" + std::string(kind) + "/" + std::string(name)}};
}

json::value parsed(std::string_view text) { return parse_json(text, "table").value(); }

json::array choices_of(std::string_view choices) {
  json::array out;
  for (size_t begin = 0; begin <= choices.size();) {
    const size_t end = std::min(choices.find(',', begin), choices.size());
    out.emplace_back(choices.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

json::object list_schema(const Field& field, json::object entry) {
  json::object out = {{"type", "array"}, {"items", std::move(entry)}};
  if (field.minimum > 0) out["minItems"] = static_cast<int64_t>(field.minimum);
  if (field.maximum > 0) out["maxItems"] = static_cast<int64_t>(field.maximum);
  return out;
}

json::object number_schema(const Field& field, std::string_view type) {
  json::object out = {{"type", type}};
  if (field.maximum == 0) return out;
  out["minimum"] = field.minimum;
  out["maximum"] = field.maximum;
  if (type == "integer") {
    out["minimum"] = static_cast<int64_t>(field.minimum);
    out["maximum"] = static_cast<int64_t>(field.maximum);
  }
  return out;
}

json::object string_schema(const Field& field) {
  json::object out = {{"type", "string"}};
  if (!field.choices.empty()) out["enum"] = choices_of(field.choices);
  return out;
}

json::object type_schema(const Field& field) {
  switch (field.type) {
    case FieldType::string: {
      json::object out = string_schema(field);
      if (field.required) out["minLength"] = 1;
      if (field.maximum > 0) out["maxLength"] = static_cast<int64_t>(field.maximum);
      return out;
    }
    case FieldType::integer:
      return number_schema(field, "integer");
    case FieldType::number:
      return number_schema(field, "number");
    case FieldType::boolean:
      return {{"type", "boolean"}};
    case FieldType::strings:
      return list_schema(field, string_schema(field));
    case FieldType::object:
      return field.schema.empty() ? json::object{{"type", "object"}}
                                  : reference("schemas", field.schema);
    case FieldType::objects: {
      const json::object record = reference("schemas", field.schema);
      return {{"oneOf", json::array{record, list_schema(field, record)}}};
    }
  }
  return {};
}

json::object field_schema(const Field& field) {
  json::object out = type_schema(field);
  if (!field.fallback.empty()) out["default"] = parsed(field.fallback);
  if (!field.example.empty()) out["examples"] = json::array{parsed(field.example)};
  return out;
}

json::array parameters_of(const Operation& operation) {
  json::array out = {reference("parameters", "Tenant")};
  for (const Field& field : operation.fields) {
    if (field.place == FieldPlace::body) continue;
    json::object parameter = {
        {"name", field.name},
        {"in", field.place == FieldPlace::path ? "path" : "query"},
        {"required", field.required},
        {"description", field.help},
        {"schema", field_schema(field)},
    };
    out.push_back(std::move(parameter));
  }
  return out;
}

json::object body_schema(const Operation& operation) {
  json::object properties;
  json::array required;
  for (const Field& field : operation.fields) {
    if (field.place != FieldPlace::body) continue;
    if (field.name == operation.whole_body) return field_schema(field);
    json::object schema = field_schema(field);
    schema["description"] = field.help;
    properties[field.name] = std::move(schema);
    if (field.required) required.emplace_back(field.name);
  }
  if (properties.empty()) return {};
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

json::object json_content(json::object schema) {
  return {{"application/json", json::object{{"schema", std::move(schema)}}}};
}

json::object describe(const Operation& operation) {
  json::object out = {
      {"operationId", operation.name},
      {"summary", operation.summary},
      {"parameters", parameters_of(operation)},
  };
  if (json::object schema = body_schema(operation); !schema.empty())
    out["requestBody"] =
        json::object{{"required", true}, {"content", json_content(std::move(schema))}};
  json::object success = {{"description", operation.summary},
                          {"content", json_content(reference("schemas", operation.answer_schema))}};
  out["responses"] = json::object{{"200", std::move(success)},
                                  {"4XX", reference("responses", "Problem")},
                                  {"5XX", reference("responses", "Problem")}};
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c | 0x20);  // methods are ASCII letters
  return out;
}

}  // namespace

const json::object& answer_schemas() {
  static const json::object schemas = asset("engine/schemas.json");
  return schemas;
}

json::object openapi(std::string_view server_version) {
  json::object out = asset("engine/openapi.json");
  out["info"].get_object()["version"] = server_version;
  json::object& paths = out["paths"].get_object();
  for (const Operation& operation : operations()) {
    json::value& path = paths[operation.path];
    if (!path.is_object()) path.emplace_object();
    path.get_object()[lower(operation.method)] = describe(operation);
  }
  out["components"].get_object()["schemas"] = answer_schemas();
  return out;
}

}  // namespace penchant

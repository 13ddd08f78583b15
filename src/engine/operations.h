// The one table of operations. REST routes, the OpenAPI description and the command line's options
// come from it; a handler gets checked arguments and gives JSON. docs/HACKING.md: "add an
// operation". Thread-safety: the table is immutable; handlers are safe (Engine is).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace penchant {

class Engine;

enum class FieldType { string, integer, number, boolean, strings, object, objects };
enum class FieldPlace { path, query, body };

struct Field {
  std::string_view name;
  FieldType type;
  FieldPlace place;
  bool required = false;
  std::string_view fallback = {};  // default as JSON text; empty: absent
  // The closed range of a number; the most bytes of a string; the most entries of a list. 0 as
  // maximum: unbounded.
  double minimum = 0;
  double maximum = 0;
  std::string_view help = {};
  std::string_view example = {};  // as JSON text
  std::string_view choices = {};  // for string and strings: "en,zh"; empty: any
  std::string_view schema = {};   // for object and objects: a name in answer_schemas()
};

// What a caller must be allowed to do (roles arrive with keys; loopback callers may do all).
enum class Scope { open, events, read, write };

// Who asks, beside the arguments.
struct Caller {
  std::string tenant = "default";
  std::string language;  // preferred, from Accept-Language or LANG: "zh", "en" or empty
};

struct Operation {
  std::string_view name;     // "recommend": also the command and the OpenAPI operationId
  std::string_view summary;  // one line
  std::string_view method;   // GET POST DELETE
  std::string_view path;     // "/v1/users/{id}/recommendations"
  Scope scope;
  std::span<const Field> fields;
  // The field that takes the whole request body (one object or an array of them), or empty: then
  // body fields are members of a JSON object.
  std::string_view whole_body = {};
  std::string_view answer_schema = {};  // name of a schema in answer_schemas(), for OpenAPI
  bool heavy = false;  // encodes many texts: a face runs it apart from quick answers
  Result<json::value> (*handler)(Engine&, const Caller&, const json::object& arguments) = nullptr;
};

std::span<const Operation> operations();
const Operation* find_operation(std::string_view name);  // null when there is none

// Checks raw arguments against the fields: unknown names, wrong types, values out of range and
// missing required ones are errors that name the field; defaults are filled in. Path and query
// values arrive as strings and are converted to the field's type here (a list: several values or
// one with commas).
Result<json::object> check_arguments(const Operation& operation, json::object raw);

// JSON Schemas of records and answers, by name, for OpenAPI components.
const json::object& answer_schemas();

// The OpenAPI 3.1 description of the whole table.
json::object openapi(std::string_view server_version);

}  // namespace penchant

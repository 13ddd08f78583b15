#include "engine/operations.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "base/limits.h"

namespace penchant {
namespace {

Result<json::object> check(std::string_view operation, std::string_view raw) {
  return check_arguments(*find_operation(operation), parse_json(raw, "raw").value().get_object());
}

std::string error_of(std::string_view operation, std::string_view raw) {
  const auto checked = check(operation, raw);
  return checked.ok() ? "" : checked.error().message;
}

TEST(Operations, HaveNamesPathsAndHandlersOfTheirOwn) {
  std::set<std::string> names, routes;
  for (const Operation& operation : operations()) {
    EXPECT_TRUE(names.insert(std::string(operation.name)).second) << operation.name;
    EXPECT_TRUE(routes.insert(fmt::format("{} {}", operation.method, operation.path)).second);
    EXPECT_NE(operation.handler, nullptr);
    EXPECT_TRUE(answer_schemas().contains(operation.answer_schema)) << operation.answer_schema;
    for (const Field& field : operation.fields) {
      const std::string hole = fmt::format("{{{}}}", field.name);
      EXPECT_EQ(field.place == FieldPlace::path, operation.path.find(hole) != std::string::npos);
    }
  }
  EXPECT_EQ(find_operation("nothing"), nullptr);
}

TEST(Operations, FillDefaultsThatPassTheirOwnChecks) {
  for (const Operation& operation : operations()) {
    json::object raw;
    for (const Field& field : operation.fields) {
      if (!field.required) continue;
      if (field.type == FieldType::objects) raw[field.name] = json::object{};
      if (field.type == FieldType::string) raw[field.name] = "x";
      if (field.type == FieldType::strings) raw[field.name] = json::array{"x"};
    }
    const auto checked = check_arguments(operation, raw);
    ASSERT_TRUE(checked.ok()) << operation.name << ": " << checked.error().message;
    for (const Field& field : operation.fields)
      EXPECT_EQ(checked->contains(field.name), field.required || !field.fallback.empty());
  }
}

TEST(CheckArguments, ConvertTextOfPathAndQuery) {
  const auto checked = check("recommend", R"({"id":"ann","n":"5","diversity":"0.5","explain":"0",
      "category":"a,b,,c","exclude":["x,y","z"]})");
  ASSERT_TRUE(checked.ok()) << checked.error().message;
  EXPECT_EQ(to_text(*checked),
            R"({"id":"ann","n":5,"diversity":0.5,"explain":false,"category":["a","b","c"],)"
            R"("exclude":["x,y","z"],"offset":0})");
}

TEST(CheckArguments, NameTheFieldThatIsWrong) {
  const std::string n = "n: must be a whole number from 1 to 1000, not ";
  EXPECT_EQ(error_of("recommend", R"({"id":"a","n":"-5"})"), n + "-5");
  EXPECT_EQ(error_of("recommend", R"({"id":"a","n":"0"})"), n + "0");
  EXPECT_EQ(error_of("recommend", R"({"id":"a","n":"99999999999999999999"})"),
            n + "\"99999999999999999999\"");
  EXPECT_EQ(error_of("recommend", R"({"id":"a","n":"1.5"})"), n + "\"1.5\"");
  EXPECT_EQ(error_of("recommend", R"({"id":"a","n":["1","2"]})"), "n: given more than once");
  EXPECT_EQ(error_of("recommend", R"({"id":"a","diversity":"nan"})"),
            "diversity: must be a number from 0 to 1, not \"nan\"");
  EXPECT_EQ(error_of("recommend", R"({"id":"a","explain":"maybe"})"),
            "explain: must be true or false, not \"maybe\"");
  EXPECT_EQ(error_of("recommend", R"({"id":"a","language":"fr"})"),
            "language: must be one of en, zh, not \"fr\"");
  EXPECT_EQ(error_of("recommend", R"({"id":"a","colour":"red"})"),
            "\"colour\": recommend has no such field");
  EXPECT_EQ(error_of("recommend", "{}"), "id: is missing");
  EXPECT_EQ(error_of("search", R"({"query":""})"), "query: is empty");
  EXPECT_EQ(error_of("search", R"({"query":7})"), "query: must be a string, not 7");
  EXPECT_EQ(error_of("search", R"({"query":"a","n":"5"})"), n + "\"5\"");
  EXPECT_EQ(error_of("search", R"({"query":"a","n":1e300})"), n + "1e+300");
  EXPECT_EQ(error_of("search", R"({"query":"a","n":2.5})"), n + "2.5");
  EXPECT_EQ(error_of("match", R"({"text":"a","interests":["b",3]})"),
            "interests[1]: must be a string, not 3");
  EXPECT_EQ(error_of("match", R"({"text":"a","interests":[]})"), "interests: is empty");
  EXPECT_EQ(error_of("put_items", R"({"items":[{},7]})"), "items[1]: must be an object, not 7");
  EXPECT_EQ(error_of("put_items", R"({"items":7})"),
            "items: must be an object or a list of objects, not 7");
  EXPECT_EQ(error_of("mine", R"({"texts":"a","what":["stars"]})"),
            "what: must be \"keywords\", not \"stars\"");
}

TEST(CheckArguments, HoldLimits) {
  const std::string long_id(limits::id_bytes + 1, 'x');
  const auto id = check_arguments(*find_operation("item"), {{"id", long_id}});
  EXPECT_EQ(id.error().message, "id: 257 bytes, the limit is 256");
  EXPECT_EQ(id.error().code, Code::invalid);
  json::array many(limits::texts_per_request + 1, json::value("x"));
  const auto texts = check_arguments(*find_operation("embed"), {{"texts", many}});
  EXPECT_EQ(texts.error().message, "texts: 1025 entries, the limit is 1024");
  EXPECT_EQ(texts.error().code, Code::too_large);
  const auto text = check_arguments(*find_operation("search"),
                                    {{"query", std::string(limits::text_bytes + 1, 'x')}});
  EXPECT_EQ(text.error().code, Code::too_large);
}

TEST(CheckArguments, CutLongValuesInErrorsBetweenCharacters) {
  std::string text = "x";
  while (text.size() < 200) text += "\u7b14";
  const std::string error =
      check_arguments(*find_operation("recommend"), {{"id", "a"}, {"n", text}}).error().message;
  const std::string start = "n: must be a whole number from 1 to 1000, not ";
  EXPECT_EQ(error.size(), start.size() + 59 + 3);
}

TEST(CheckArguments, RefuseInvalidUtf8) {
  EXPECT_EQ(check_arguments(*find_operation("item"), {{"id", "a\xff"}}).error().message,
            "id: invalid UTF-8 at byte 1 (0xff)");
}

// Every $ref of the description leads somewhere.
void check_references(const json::value& value, const json::value& root) {
  if (const json::array* array = value.if_array())
    for (const json::value& entry : *array) check_references(entry, root);
  const json::object* object = value.if_object();
  if (object == nullptr) return;
  for (const auto& [key, entry] : *object) {
    if (key == "$ref") {
      boost::json::error_code error;
      EXPECT_NE(root.find_pointer(std::string(entry.get_string()).substr(1), error), nullptr)
          << entry.get_string();
    }
    check_references(entry, root);
  }
}

TEST(OpenApi, DescribesEveryOperationOnce) {
  const json::value description = openapi("1.2.3");
  EXPECT_EQ(description.at("info").at("version"), "1.2.3");
  check_references(description, description);
  std::set<std::string> ids;
  for (const auto& [path, methods] : description.at("paths").get_object())
    for (const auto& [method, operation] : methods.get_object())
      EXPECT_TRUE(ids.insert(std::string(operation.at("operationId").get_string())).second);
  for (const Operation& operation : operations())
    EXPECT_TRUE(ids.contains(std::string(operation.name))) << operation.name;
}

}  // namespace
}  // namespace penchant

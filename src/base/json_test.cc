#include "base/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "base/limits.h"
#include "base/random.h"

namespace penchant {
namespace {

TEST(Json, SaysTheByteWhereItBreaks) {
  const std::string_view text = R"({"a":[1,2.5,true,null,"x"],"b":{"c":"\u4e2d"}})";
  for (size_t cut = 0; cut < text.size(); ++cut)
    EXPECT_EQ(parse_json(text.substr(0, cut), "body").error().code, Code::invalid) << cut;
  EXPECT_TRUE(parse_json(text, "body").ok());
  EXPECT_TRUE(parse_json("{} \n", "body").ok());
  EXPECT_EQ(parse_json("{} x", "line 3").error().message.substr(0, 30),
            "line 3: not valid JSON at byte");
}

TEST(Json, RefusesDeepNestingAndBadUtf8) {
  const std::string deep(limits::json_depth + 1, '[');
  EXPECT_FALSE(parse_json(deep + std::string(limits::json_depth + 1, ']'), "body").ok());
  EXPECT_FALSE(parse_json("\"\xff\"", "body").ok());
}

TEST(Json, GettersNameTheFieldOfTheWrongType) {
  const json::value value = *parse_json(R"({"s":1,"n":"x","l":["a",2],"i":1.5,"z":null})", "body");
  const json::object& object = value.get_object();
  EXPECT_EQ(get_string(object, "s").error().message, "\"s\" must be a string, not 1");
  EXPECT_EQ(get_number(object, "n").error().message, "\"n\" must be a number, not \"x\"");
  EXPECT_EQ(get_strings(object, "l").error().message, "\"l\" must be a list of strings, not 2");
  EXPECT_FALSE(get_integer(object, "i").ok());
  EXPECT_EQ(*get_string(object, "z"), std::nullopt);
  EXPECT_EQ(*get_string(object, "absent"), std::nullopt);
}

TEST(Json, ReadsBackExactlyWhatItWrote) {
  Random random(7);
  for (int i = 0; i < 20000; ++i) {
    const double number = std::bit_cast<double>(random.next());
    if (!std::isfinite(number)) continue;
    const std::string text = to_text(number);
    EXPECT_EQ(*parse_json(text, "x"), json::value(number)) << text;
  }
  EXPECT_EQ(to_text(json::value{0.85, 3.0, 1e300, 7, std::nan("")}), "[0.85,3.0,1e+300,7,null]");
  std::string every_byte;
  for (int c = 0; c < 128; ++c) every_byte += static_cast<char>(c);
  json::value value = json::object{{every_byte, every_byte}, {"\u4e2d", {1u, -1, true, nullptr}}};
  EXPECT_EQ(*parse_json(to_text(value), "x"), value) << to_text(value);
  EXPECT_EQ(to_text("a\"\\\n\x01/"), R"("a\"\\\n\u0001/")");
}

TEST(Json, WritesTheNumbersOfAVectorAsShortAsReadsBackTheSame) {
  const float vector[] = {0.1f, -2.5f, 1e-20f, 16777217.0f / 3};
  const std::string text = to_text(vector_to_json(vector));
  EXPECT_LT(text.size(), 50u) << text;
  const json::value back = *parse_json(text, "text");
  for (size_t i = 0; i < std::size(vector); ++i)
    EXPECT_EQ(static_cast<float>(back.at(i).to_number<double>()), vector[i]) << text;
}

TEST(Json, KeepsNumbersBeyondDoubleOutOfGetters) {
  const json::value value = *parse_json(R"({"n":1e400,"m":1e-400})", "body");
  EXPECT_FALSE(get_number(value.get_object(), "n").ok());
  EXPECT_EQ(**get_number(value.get_object(), "m"), 0.0);
}

}  // namespace
}  // namespace penchant

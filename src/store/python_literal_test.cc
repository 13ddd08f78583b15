#include "store/python_literal.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace penchant {
namespace {

std::string read(std::string_view text) {
  const auto value = parse_python(text, "x");
  return value.ok() ? to_text(*value) : value.error().message;
}

TEST(PythonLiteral, ReadsWhatPrintLeaves) {
  EXPECT_EQ(read("{'a': 1, 'b': [True, False, None], \"c\": (1.5, -2e3), 'd': {}}"),
            R"({"a":1,"b":[true,false,null],"c":[1.5,-2000.0],"d":{}})");
  EXPECT_EQ(read("[ 'x', u'y', 12L, ]"), R"(["x","y",12])");
  EXPECT_EQ(read("{}"), "{}");
  EXPECT_EQ(read(" 'alone' "), R"("alone")");
}

TEST(PythonLiteral, ReadsEscapes) {
  EXPECT_EQ(read(R"("it's")"), R"("it's")");
  EXPECT_EQ(read(R"('it\'s \"so\"')"), R"("it's \"so\"")");
  EXPECT_EQ(read(R"('a\n\t\\b\x41\101')"), R"("a\n\t\\bAA")");
  EXPECT_EQ(read(R"('\u4e2d\U0001F600\ud83d\ude00')"), "\"\u4e2d\U0001F600\U0001F600\"");
  EXPECT_EQ(read(R"('\q')"), R"("\\q")");
}

TEST(PythonLiteral, RefusesEverythingElse) {
  EXPECT_EQ(read("__import__('os')"), "x: not a Python literal at byte 0: no value starts here");
  EXPECT_EQ(read("{1: 2}"), "x: not a Python literal at byte 1: a string is missing");
  EXPECT_EQ(read("{'a' 1}"), "x: not a Python literal at byte 5: a colon is missing");
  EXPECT_EQ(read("['a' 'b']"), "x: not a Python literal at byte 5: a comma or bracket is missing");
  EXPECT_EQ(read("1 2"), "x: not a Python literal at byte 2: text behind the end of the value");
  EXPECT_EQ(read("1-2"), "x: not a Python literal at byte 0: not a number");
  EXPECT_EQ(read(R"('\ud800')"), "x: not a Python literal at byte 7: no such character");
  EXPECT_EQ(read(R"('\x4')"), "x: not a Python literal at byte 3: an escape is not hexadecimal");
  EXPECT_EQ(read(""), "x: not a Python literal at byte 0: no value starts here");
  EXPECT_FALSE(parse_python("'\xff'", "x").ok());
  const std::string deep(limits::json_depth + 2, '[');
  EXPECT_EQ(read(deep), "x: not a Python literal at byte 33: nested too deep");
}

TEST(PythonLiteral, ACutAnywhereIsASentence) {
  const std::string_view text = R"({'a': [1, 2.5, None, u'x\u4e2d'], "b": ('y', {'c': True})})";
  for (size_t cut = 0; cut < text.size(); ++cut)
    EXPECT_FALSE(parse_python(text.substr(0, cut), "x").ok()) << cut;
  EXPECT_TRUE(parse_python(text, "x").ok());
}

}  // namespace
}  // namespace penchant

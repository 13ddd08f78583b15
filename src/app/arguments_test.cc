#include "app/arguments.h"

#include <gtest/gtest.h>

namespace penchant {
namespace {

const std::vector<Option> options = {
    {"data", "DIR", ""}, {"n", "N", "", 'n'}, {"json", "", ""}, {"map", "A=B", "", 0, true}};

Result<Arguments> parse(std::vector<std::string> words) { return Arguments::parse(options, words); }

TEST(Arguments, TakeOptionsInEverySpelling) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--n", "5"}, {"--n=5"}, {"-n", "5"}, {"-n5"}, {"-n=5"}}) {
    const auto arguments = parse(words);
    ASSERT_TRUE(arguments.ok()) << arguments.error().message;
    EXPECT_EQ(arguments->integer("n", 1, 1, 10).value(), 5);
  }
}

TEST(Arguments, KeepPositionalsInOrderAndStopAtTwoDashes) {
  const auto arguments = parse({"a", "--json", "b", "-", "--", "--n", "-c"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_TRUE(arguments->has("json"));
  const std::vector<std::string> expected = {"a", "b", "-", "--n", "-c"};
  EXPECT_EQ(std::vector(arguments->positionals().begin(), arguments->positionals().end()),
            expected);
}

TEST(Arguments, RefuseUnknownRepeatedAndValuelessOptions) {
  EXPECT_EQ(parse({"--date", "x"}).error().message,
            "unknown option \"--date\"; did you mean --data?");
  EXPECT_EQ(parse({"-x"}).error().message, "unknown option \"-x\"");
  EXPECT_EQ(parse({"--n=1", "-n2"}).error().message, "option --n is given twice");
  EXPECT_EQ(parse({"--data"}).error().message, "option --data needs a value: DIR");
  EXPECT_EQ(parse({"--json=yes"}).error().message, "option --json takes no value");
  EXPECT_EQ(parse({"--map", "a=b", "--map=c=d"})->all("map").size(), 2U);
}

TEST(Arguments, RefuseNumbersOutOfRange) {
  for (const char* text : {"-1", "0", "11", "x", "", "1x", "99999999999999999999", "1.5"}) {
    const auto number = parse({"-n", text})->integer("n", 5, 1, 10);
    ASSERT_FALSE(number.ok()) << text;
    EXPECT_NE(number.error().message.find("option --n must be a whole number from 1 to 10"),
              std::string::npos);
  }
  EXPECT_EQ(parse({})->integer("n", 5, 1, 10).value(), 5);
}

TEST(Arguments, RefuseWordsThatAreNoChoice) {
  EXPECT_EQ(parse({"--data=b"})->choice("data", {"a", "b"}).value(), 1U);
  EXPECT_EQ(parse({})->choice("data", {"a", "b"}).value(), 0U);
  EXPECT_EQ(parse({"--data=c"})->choice("data", {"a", "b"}).error().message,
            "option --data must be one of a, b, not \"c\"");
}

TEST(NearestName, FindsTyposOnly) {
  const std::string_view names[] = {"recommend", "search", "serve"};
  EXPECT_EQ(nearest_name("recomend", names), "recommend");
  EXPECT_EQ(nearest_name("serch", names), "search");
  EXPECT_EQ(nearest_name("delete", names), "");
}

}  // namespace
}  // namespace penchant

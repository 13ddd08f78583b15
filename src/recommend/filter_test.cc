#include "recommend/filter.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "recommend/catalogue.h"

namespace penchant {
namespace {

CatalogueItem polish() {
  CatalogueItem item;
  item.id = "p1";
  item.title = "Red Shatter";
  item.categories = {"Beauty", "Nails"};
  item.keywords = {{"nail polish", 1.0f}};
  item.time = 1'704'067'200;  // 2024-01-01
  item.labels = {{"brand", "OPI"},
                 {"price", 12.5},
                 {"size", "20"},
                 {"vegan", true},
                 {"colours", json::array{"red", "gold"}},
                 {"box", json::object{{"width", 3}}},
                 {"time", "evening"},
                 {"none", nullptr}};
  return item;
}

bool holds(std::string_view text) {
  const auto filter = Filter::parse(text);
  EXPECT_TRUE(filter.ok()) << text << ": " << filter.error().message;
  return filter.ok() && filter->matches(polish());
}

std::string error(std::string_view text) {
  const auto filter = Filter::parse(text);
  return filter.ok() ? "no error" : filter.error().message;
}

TEST(Filter, ComparesNumbersTextAndTruth) {
  for (const char* text :
       {"price < 20", "price <= 12.5", "price >= 12.5", "price > 1e1", "price != 13", "price > -1",
        "brand = \"OPI\"", "brand = 'OPI'", "brand > \"OP\"", "vegan = true", "vegan != false",
        "vegan = \"true\"", "id = \"p1\"", "title = \"Red Shatter\"", "keyword = \"nail polish\""})
    EXPECT_TRUE(holds(text)) << text;
  for (const char* text : {"price < 12.5", "price > 12.5", "price = 12", "brand = \"opi\"",
                           "vegan = false", "vegan = 1", "brand < 3"})
    EXPECT_FALSE(holds(text)) << text;
}

TEST(Filter, TextThatIsANumberComparesWithNumbers) {
  EXPECT_TRUE(holds("size < 100"));  // as text "20" is not before "100"
  EXPECT_TRUE(holds("price = \"12.5\""));
  EXPECT_FALSE(holds("size < \"100\""));
}

TEST(Filter, AListMatchesByOneOfItsMembers) {
  EXPECT_TRUE(holds("colours = \"gold\""));
  EXPECT_TRUE(holds("category in (\"Tools\", \"Nails\")"));
  EXPECT_FALSE(holds("category not in (\"Tools\", \"Nails\")"));
  EXPECT_FALSE(holds("colours != \"gold\""));
  EXPECT_TRUE(holds("colours != \"blue\""));
}

TEST(Filter, WhatIsMissingComparesWithNothing) {
  for (const char* text : {"weight < 5", "weight >= 5", "weight != 5", "weight in (5)",
                           "exists(weight)", "none = 1", "exists(none)", "box = 3", "expires > 0"})
    EXPECT_FALSE(holds(text)) << text;
  for (const char* text : {"not weight = 5", "weight not in (5)", "exists(price)", "exists(box)",
                           "exists(time)", "not exists(expires)"})
    EXPECT_TRUE(holds(text)) << text;
}

TEST(Filter, TimesAreDatesOrSeconds) {
  EXPECT_TRUE(holds("time >= \"2024-01-01\" and time < \"2024-01-01T00:00:01Z\""));
  EXPECT_TRUE(holds("time = 1704067200"));
  EXPECT_TRUE(holds("label.time = \"evening\""));
  EXPECT_EQ(error("time > \"soon\""), "filter: expected a time such as \"2026-01-31\" at byte 7");
  EXPECT_EQ(error("time = true"), "filter: expected a time such as \"2026-01-31\" at byte 7");
}

TEST(Filter, AndBindsCloserThanOrAndNotClosest) {
  EXPECT_TRUE(holds("price = 12.5 or price = 1 and brand = \"x\""));
  EXPECT_FALSE(holds("(price = 12.5 or price = 1) and brand = \"x\""));
  EXPECT_FALSE(holds("not price = 12.5 or price = 1"));
  EXPECT_TRUE(holds("not (price = 1 or price = 2)"));
  EXPECT_TRUE(holds("not not price = 12.5"));
}

TEST(Filter, NothingMatchesEverything) {
  for (const char* text : {"", "  \t\r\n"}) {
    const auto filter = Filter::parse(text);
    ASSERT_TRUE(filter.ok());
    EXPECT_TRUE(filter->empty());
    EXPECT_TRUE(filter->matches(CatalogueItem()));
  }
}

TEST(Filter, NamesAndStringsInAnyLanguage) {
  CatalogueItem item;
  item.labels = {{"\u4f5c\u8005", "\u4e09\u6bdb"}, {"a.b", 1}, {"quote", "say \"x\\\""}};
  const auto matches = [&](std::string_view text) { return Filter::parse(text)->matches(item); };
  EXPECT_TRUE(matches("\u4f5c\u8005 = \"\u4e09\u6bdb\""));
  EXPECT_TRUE(matches("a.b = 1"));
  EXPECT_TRUE(matches(R"(quote = "say \"x\\\"")"));
}

TEST(Filter, AnErrorSaysWhatWasExpectedAndWhere) {
  EXPECT_EQ(error("price <"), "filter: expected a value at byte 7");
  EXPECT_EQ(error("price 5"), "filter: expected = != < <= > >= or \"in\" at byte 6");
  EXPECT_EQ(error("price < 5 brand"), "filter: expected \"and\", \"or\" or the end at byte 10");
  EXPECT_EQ(error("(price < 5"), "filter: expected \")\" at byte 10");
  EXPECT_EQ(error("in (5)"), "filter: expected the name of a field at byte 0");
  EXPECT_EQ(error("price not 5"), "filter: expected \"in\" at byte 10");
  EXPECT_EQ(error("price in ()"), "filter: expected a value at byte 10");
  EXPECT_EQ(error("brand = \"OPI"), "filter: a string that does not end at byte 8");
  EXPECT_EQ(error("price = 1.2.3"), "filter: a number out of shape at byte 11");
  EXPECT_EQ(error("price = -"), "filter: a number out of shape at byte 8");
  EXPECT_EQ(error("price = 1e999"), "filter: a number out of shape at byte 8");
  EXPECT_EQ(error("price = 5;"), "filter: a character that means nothing here at byte 9");
  EXPECT_EQ(error("a = \"\xff\""), "filter: invalid UTF-8 at byte 5 (0xff)");
}

TEST(Filter, HasLimits) {
  const auto nested = [](size_t levels) {
    return std::string(levels, '(') + "a=1" + std::string(levels, ')');
  };
  EXPECT_EQ(error(nested(limits::filter_depth)), "no error");
  EXPECT_EQ(error(nested(limits::filter_depth + 1)), "filter: more than 32 levels at byte 33");
  std::string many = "a in (1";
  for (size_t i = 1; i < limits::list_values; ++i) many += ",1";
  EXPECT_EQ(error(many + ")"), "no error");
  EXPECT_EQ(error(many + ",1)"), "filter: more than 1000 values at byte 2006");
  EXPECT_EQ(error(std::string(limits::filter_bytes + 1, ' ')),
            "filter: 4097 bytes, more than 4096");
}

}  // namespace
}  // namespace penchant

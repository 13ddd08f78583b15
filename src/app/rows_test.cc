#include "app/rows.h"

#include <gtest/gtest.h>

namespace penchant {
namespace {

TEST(Cell, ShowsScalarsBareAndNumbersToFourDigits) {
  EXPECT_EQ(cell("two words"), "two words");
  EXPECT_EQ(cell(0.123456), "0.1235");
  EXPECT_EQ(cell(7), "7");
  EXPECT_EQ(cell(true), "true");
  EXPECT_EQ(cell(nullptr), "");
}

TEST(Cell, JoinsListsAndNamesObjectsByWhatTheyAreCalled) {
  EXPECT_EQ(cell(json::array{"a", "b"}), "a, b");
  EXPECT_EQ(cell(json::array{json::object{{"kind", "words"}, {"text", "Has your words."}},
                             json::object{{"id", "b1"}, {"title", "Dune"}}}),
            "Has your words.; Dune");
  EXPECT_EQ(cell(json::object{{"n", 1}}), "{\"n\":1}");
}

TEST(Cell, ShowsControlCharactersAsSpaces) { EXPECT_EQ(cell("a\x1b[31mb\nc\x7f"), "a [31mb c "); }

}  // namespace
}  // namespace penchant

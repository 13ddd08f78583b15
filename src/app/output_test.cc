#include "app/output.h"

#include <gtest/gtest.h>

namespace penchant {
namespace {

const std::string notebook = "\u7b14\u8bb0\u672c";  // three characters, six columns

TEST(Output, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width(notebook), 6U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
}

TEST(Output, CutsWithoutBreakingCharacters) {
  EXPECT_EQ(cut_to_width("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_to_width("abcdef", 5), "abcd\u2026");
  EXPECT_EQ(cut_to_width(notebook, 6), notebook);
  EXPECT_EQ(cut_to_width(notebook, 5), "\u7b14\u8bb0\u2026");
  EXPECT_EQ(cut_to_width(notebook, 4), "\u7b14\u2026");
}

TEST(Output, AlignsColumnsByWidth) {
  Table table({"id", "title"});
  table.add({notebook, "one"});
  table.add({"b", "two"});
  EXPECT_EQ(table.text(0), "id      title\n" + notebook + "  one\nb       two\n");
}

TEST(Output, GroupsDigits) {
  EXPECT_EQ(with_commas(7), "7");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
}

}  // namespace
}  // namespace penchant

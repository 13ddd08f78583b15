#include "text/graphemes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/test_folder.h"

namespace penchant {

namespace {

// The clusters' sizes in code points.
std::vector<int> clusters(const std::vector<char32_t>& text) {
  GraphemeBreaker breaker;
  std::vector<int> sizes;
  for (const char32_t c : text) {
    if (breaker.starts_cluster(UnicodeTables::get()[c])) sizes.push_back(0);
    ++sizes.back();
  }
  return sizes;
}

using Sizes = std::vector<int>;

}  // namespace

TEST(Graphemes, KeepTogetherWhatReadersSeeAsOne) {
  EXPECT_EQ(clusters({'a', 'b'}), (Sizes{1, 1}));
  EXPECT_EQ(clusters({'\r', '\n', '\n', '\r'}), (Sizes{2, 1, 1}));
  EXPECT_EQ(clusters({'e', 0x301, 0x323, 'x'}), (Sizes{3, 1}));
  EXPECT_EQ(clusters({0x301, 'a'}), (Sizes{1, 1}));
  // A family, then a joiner too much.
  EXPECT_EQ(clusters({0x1F468, 0x200D, 0x1F469, 0x1F3FB, 0x200D, 0x1F467}), (Sizes{6}));
  EXPECT_EQ(clusters({0x1F468, 0x200D, 0x200D, 0x1F469}), (Sizes{3, 1}));
  EXPECT_EQ(clusters({0x1F468, 0x200D, 0x301, 0x1F469}), (Sizes{3, 1}));
  EXPECT_EQ(clusters({'a', 0x200D, 0x1F469}), (Sizes{2, 1}));
  // Flags in pairs.
  EXPECT_EQ(clusters({0x1F1E8, 0x1F1F3, 0x1F1FA, 0x1F1F8, 0x1F1E8}), (Sizes{2, 2, 1}));
  EXPECT_EQ(clusters({0x1F1E8, 'a', 0x1F1F3, 0x1F1FA}), (Sizes{1, 1, 2}));
  // Hangul from its parts.
  EXPECT_EQ(clusters({0x1112, 0x1161, 0x11AB, 0x1112}), (Sizes{3, 1}));
  EXPECT_EQ(clusters({0xAC00, 0x11A8, 0xAC01, 0x1161}), (Sizes{2, 1, 1}));
  // Indic conjuncts (Unicode 15.1 and later).
  EXPECT_EQ(clusters({0x915, 0x94D, 0x937}), (Sizes{3}));
  EXPECT_EQ(clusters({0x915, 0x93C, 0x200D, 0x94D, 0x924}), (Sizes{5}));
  EXPECT_EQ(clusters({0x915, 0x93C, 0x924}), (Sizes{2, 1}));
  EXPECT_EQ(clusters({'a', 0x94D, 0x924}), (Sizes{2, 1}));
  EXPECT_EQ(clusters({0x600, 'a'}), (Sizes{2}));
}

TEST(Graphemes, PassTheConformanceTest) {
  if (test_data().empty()) GTEST_SKIP() << no_test_data;
  auto lines = LineReader::open(test_data() / "unicode/GraphemeBreakTest.txt");
  ASSERT_TRUE(lines.ok()) << lines.error().message;
  int count = 0;
  for (std::string_view line; *lines->next(line);) {
    std::vector<char32_t> text;
    Sizes expected;
    for (std::string rest(line.substr(0, line.find_first_of("\t#"))); !rest.empty();) {
      const size_t end = std::min(rest.find(' '), rest.size());
      const std::string field = rest.substr(0, end);
      rest.erase(0, end + 1);
      if (field == "\u00f7") {
        expected.push_back(0);
      } else if (!field.empty() && field != "\u00d7") {
        text.push_back(static_cast<char32_t>(std::stoul(field, nullptr, 16)));
        ++expected.back();
      }
    }
    // The file is of Unicode 15.0; in 17.0 the scissors U+2701 are no pictograph any more.
    const bool is_outdated = std::find(text.begin(), text.end(), 0x2701u) != text.end();
    if (text.empty() || is_outdated) continue;
    expected.pop_back();  // the division sign at the end
    EXPECT_EQ(clusters(text), expected) << line;
    ++count;
  }
  EXPECT_GT(count, 590);
}

}  // namespace penchant

#include "mining/match_words.h"

#include <gtest/gtest.h>

namespace penchant {
namespace {

using Words = std::vector<std::string>;

// "a notebook computer of high performance"
constexpr const char* laptop = "\u4e00\u6b3e\u9ad8\u6027\u80fd\u7684\u7b14\u8bb0\u672c\u7535\u8111";

TEST(MatchedWords, AreFoundInChinese) {
  // "high-performance electronics" shares "high performance"; "notebook computer" all of itself.
  EXPECT_EQ(matched_words(laptop, "\u9ad8\u6027\u80fd\u7535\u5b50\u4ea7\u54c1"),
            Words{"\u9ad8\u6027\u80fd"});
  EXPECT_EQ(matched_words(laptop, "\u7b14\u8bb0\u672c\u7535\u8111"),
            Words{"\u7b14\u8bb0\u672c\u7535\u8111"});
}

TEST(MatchedWords, OneCharacterIsAWordOrAnObject) {
  const std::string tea = "\u8336", book = "\u4e66", horse = "\u9a6c";
  // "I love drinking tea, and reading books"
  const std::string reader = "\u6211\u7231\u559d\u8336\uff0c\u4e5f\u7231\u8bfb\u4e66";
  EXPECT_EQ(matched_words(reader, tea), Words{tea});
  EXPECT_EQ(matched_words(reader, book), Words{book});
  EXPECT_EQ(matched_words("\u4e00\u672c\u5173\u4e8e\u6d77\u7684\u4e66", book), Words{book});
  // "the secretary said: at once": neither a book nor a horse
  const std::string secretary = "\u79d8\u4e66\u8bf4\u9a6c\u4e0a\u6765";
  EXPECT_TRUE(matched_words(secretary, book).empty());
  EXPECT_TRUE(matched_words(secretary, horse).empty());
  // A particle is no interest.
  EXPECT_TRUE(matched_words("\u6211\u7684\u4e66", "\u7684").empty());
}

TEST(MatchedWords, AreFoundInEnglishByStem) {
  EXPECT_EQ(matched_words("The running shoes of a Runner", "shoe for running"),
            (Words{"running", "shoes"}));
  EXPECT_TRUE(matched_words("the of and", "the of and").empty());
  EXPECT_TRUE(matched_words("", "x").empty());
}

TEST(MatchedWords, StayFastOnLongRuns) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += i % 2 == 0 ? "\u9ad8" : "\u6027";
  EXPECT_FALSE(matched_words(text, "\u9ad8\u6027\u80fd").empty());
}

}  // namespace
}  // namespace penchant

#include "text/words.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/utf8.h"

namespace penchant {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (const Word& word : split_words(text))
    words.emplace_back(text.substr(word.begin, word.end - word.begin));
  return words;
}

TEST(Words, AreFoundInEnglishWithoutPunctuation) {
  EXPECT_EQ(words_of("Don't panic, it's 1984!"),
            (std::vector<std::string>{"Don't", "panic", "it's", "1984"}));
  EXPECT_TRUE(split_words("1984")[0].is_number);
  EXPECT_TRUE(words_of("").empty());
  EXPECT_TRUE(words_of(" \t\n...").empty());
}

TEST(Words, AreFoundInChineseByDictionary) {
  // "a notebook computer of high performance"
  const std::string text = "\u4e00\u6b3e\u9ad8\u6027\u80fd\u7684\u7b14\u8bb0\u672c\u7535\u8111";
  const auto words = words_of(text);
  ASSERT_EQ(words.size(), 4u);
  EXPECT_EQ(words[1], "\u9ad8\u6027\u80fd");
  for (const Word& word : split_words(text)) EXPECT_TRUE(word.is_han);
  EXPECT_EQ(explain_language(text), "zh");
  EXPECT_EQ(explain_language("high performance"), "en");
}

TEST(Words, OfTraditionalCharactersAndJapaneseAreThoseOfIcu) {
  // "like | this kind of"; "live in | the capital Tokyo"
  const auto traditional = words_of("\u559c\u6b61\u9019\u7a2e\u7b46\u8a18\u578b\u96fb\u8166");
  EXPECT_EQ(traditional[0], "\u559c\u6b61");
  EXPECT_EQ(words_of("\u6771\u4eac\u306b\u4f4f\u3080")[0], "\u6771\u4eac");
}

TEST(Words, OfSentencesThatMeetWithoutASpaceAreApart) {
  EXPECT_EQ(words_of("medicine.Medical care"),
            (std::vector<std::string>{"medicine", "Medical", "care"}));
  EXPECT_EQ(words_of("see example.com 3.5"),
            (std::vector<std::string>{"see", "example.com", "3.5"}));
}

TEST(Words, FoldWidthCaseAndCompatibility) {
  EXPECT_EQ(fold("Don\u2019t \u2018x\u2019"), "don't \u2018x'");
  EXPECT_EQ(fold("Stra\u00dfe \uff21\uff11"), "strasse a1");
  EXPECT_EQ(fold("TOY"), "toy");
  EXPECT_EQ(stem("running"), "run");
  EXPECT_EQ(stem("movies"), stem("movie"));
}

TEST(Words, KnowFunctionWords) {
  EXPECT_TRUE(is_stop_word("the"));
  EXPECT_TRUE(is_stop_word("\u7684"));
  EXPECT_FALSE(is_stop_word("computer"));
}

TEST(Words, CoverHostileTextInOrderFromManyThreads) {
  std::string text;
  for (char32_t c = 0; c < 0x30000; c += 37)
    if (c < 0xD800 || c > 0xDFFF) utf8_append(text, c);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      uint32_t last = 0;
      for (const Word& word : split_words(text)) {
        ASSERT_GE(word.begin, last);
        ASSERT_GT(word.end, word.begin);
        last = word.end;
      }
    });
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace penchant

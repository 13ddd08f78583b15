#include "mining/keywords.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace penchant {
namespace {

std::vector<std::string> keywords_of(std::string_view text,
                                     const KeywordStatistics& statistics = {}, size_t count = 5) {
  const std::string_view texts[] = {text};
  std::vector<std::string> words;
  const auto mined = mine_keywords(texts, statistics, nullptr, {.count = count});
  for (const Keyword& keyword : mined->front()) words.push_back(keyword.text);
  return words;
}

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

TEST(Keywords, FindWhatAnEnglishTextIsAbout) {
  const auto words = keywords_of(
      "Neural networks learn representations. A neural network with many layers is called deep, "
      "and deep neural networks are trained by gradient descent.");
  EXPECT_TRUE(has(words, "neural networks") || has(words, "Neural networks"));
  EXPECT_FALSE(has(words, "the"));
}

TEST(Keywords, RareWordsOfTheCatalogueComeFirst) {
  KeywordStatistics statistics;
  for (int i = 0; i < 50; ++i) statistics.add("film story");
  EXPECT_EQ(keywords_of("film about whales", statistics, 1), std::vector<std::string>{"whales"});
}

TEST(Keywords, AreNounPhrasesNotVerbs) {
  const auto words = keywords_of("We quickly built a solar panel for remote villages.");
  EXPECT_TRUE(has(words, "solar panel"));
  EXPECT_TRUE(has(words, "remote villages"));
  for (const char* no : {"built", "quickly"}) EXPECT_FALSE(has(words, no)) << no;
}

TEST(Keywords, OfATitleAreItsNamesAndCategories) {
  KeywordStatistics statistics;
  for (int i = 0; i < 30; ++i) statistics.add("Some Film. Drama, Comedy");
  const auto toys = keywords_of("Toy Story (1995). Animation, Comedy", statistics);
  EXPECT_EQ(toys[0], "Toy Story");
  EXPECT_TRUE(has(toys, "Animation"));
  EXPECT_TRUE(has(keywords_of("The Lord of the Rings (2001)."), "Lord of the Rings"));
  EXPECT_TRUE(has(keywords_of("Blade Runner. Action, Sci-Fi"), "Sci-Fi"));
}

TEST(Keywords, KeepForeignNamesWholeInChinese) {
  // "the guardian played by Morgan Freeman"
  EXPECT_TRUE(
      has(keywords_of("\u745e\u5fb7\uff08\u6469\u6839\u00b7\u5f17\u91cc\u66fc \u9970\uff09"),
          "\u6469\u6839\u00b7\u5f17\u91cc\u66fc"));
}

TEST(Keywords, AreNoChanceNeighboursOfChineseVerbs) {
  // "a laptop of high performance, bought at a low price"
  const auto words =
      keywords_of("\u9ad8\u6027\u80fd\u7b14\u8bb0\u672c\u7535\u8111\uff0c\u4f4e\u4ef7\u8d2d\u4e70");
  EXPECT_TRUE(has(words, "\u9ad8\u6027\u80fd\u7b14\u8bb0\u672c\u7535\u8111") ||
              has(words, "\u7b14\u8bb0\u672c\u7535\u8111"));
  EXPECT_FALSE(has(words, "\u4f4e\u4ef7\u8d2d\u4e70"));
}

TEST(Keywords, FindChineseWords) {
  // "machine learning algorithms ... machine learning"
  const std::string text =
      "\u673a\u5668\u5b66\u4e60\u7684\u7b97\u6cd5\uff0c\u673a\u5668\u5b66\u4e60\u6539\u53d8\u4e16"
      "\u754c\u3002";
  KeywordStatistics statistics;
  statistics.add(text);
  statistics.add(text);
  EXPECT_TRUE(has(keywords_of(text, statistics), "\u673a\u5668\u5b66\u4e60"));
}

TEST(Keywords, NeverSayTheSameTwice) {
  const auto words = keywords_of("deep learning, deep learning and learning deep things", {}, 10);
  EXPECT_EQ(std::count_if(words.begin(), words.end(),
                          [](const std::string& w) { return w.find("learning") != w.npos; }),
            1);
}

TEST(Keywords, OfManyTextsAreThoseOfEach) {
  const std::string_view texts[] = {"whales and ships", "", "sailing around the world", "\u4e16"};
  const auto together = mine_keywords(texts, {}, nullptr, {});
  ASSERT_EQ(together->size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    const auto alone = keywords_of(texts[i], {}, 8);
    ASSERT_EQ((*together)[i].size(), alone.size());
    for (size_t k = 0; k < alone.size(); ++k) EXPECT_EQ((*together)[i][k].text, alone[k]);
  }
}

TEST(Keywords, SurviveHostileText) {
  std::string text = "\u202e\u0627\u0644\u0639 \U0001F600\u200d\U0001F600 a\u0301\u0301 ";
  text += std::string(200'000, 'x') + '\0' + " end";
  EXPECT_FALSE(keywords_of(text).empty());
}

}  // namespace
}  // namespace penchant

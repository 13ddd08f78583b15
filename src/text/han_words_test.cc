#include "text/han_words.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/random.h"

namespace penchant {
namespace {

using Lengths = std::vector<uint8_t>;

TEST(HanWords, AreInTheDictionaryWithClassAndFrequency) {
  const auto computer = find_han_word("\u7535\u8111"),
             of = find_han_word("\u7684");  // computer; of
  ASSERT_TRUE(computer && of);
  EXPECT_EQ(computer->word_class, HanClass::noun);
  EXPECT_GT(of->log_probability, computer->log_probability);
  EXPECT_EQ(find_han_word("\u5317\u4eac")->word_class, HanClass::name);  // Beijing
  EXPECT_EQ(find_han_word("\u8d2d\u4e70")->word_class, HanClass::verb);  // to buy
  EXPECT_FALSE(find_han_word(""));
  EXPECT_FALSE(find_han_word("computer"));
  EXPECT_FALSE(find_han_word("\u7684\u7684"));
}

TEST(HanWords, RunsSplitIntoTheMostLikelyWords) {
  // "a | high-performance | laptop"
  EXPECT_EQ(split_han(u"\u4e00\u6b3e\u9ad8\u6027\u80fd\u7b14\u8bb0\u672c\u7535\u8111"),
            (Lengths{2, 3, 5}));
  EXPECT_TRUE(split_han(u"").empty());
}

TEST(HanWords, NamesOutsideTheDictionaryStayWhole) {
  // "Liu Cixin 's science-fiction novel"
  EXPECT_EQ(split_han(u"\u5218\u6148\u6b23\u7684\u79d1\u5e7b\u5c0f\u8bf4")[0], 3);
}

TEST(HanWords, AnyRunIsCoveredOnce) {
  Random random(5);
  for (int round = 0; round < 300; ++round) {
    std::u16string run(random.below(40), u' ');
    for (char16_t& c : run) c = static_cast<char16_t>(0x4DF0 + random.below(0x5230));
    const Lengths lengths = split_han(run);
    EXPECT_EQ(std::accumulate(lengths.begin(), lengths.end(), size_t{0}), run.size());
  }
}

}  // namespace
}  // namespace penchant

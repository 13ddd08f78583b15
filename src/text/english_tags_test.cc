#include "text/english_tags.h"

#include <gtest/gtest.h>

namespace penchant {
namespace {

using enum EnglishTag;
using Tags = std::vector<EnglishTag>;

TEST(EnglishTags, DependOnWhatStandsAround) {
  const std::string_view sentence[] = {"the", "new", "study", "presents", "a", "fast", "method"};
  EXPECT_EQ(tag_english(sentence),
            (Tags{determiner, adjective, noun, verb, determiner, adjective, noun}));
  const std::string_view verb_before[] = {"we", "study", "neural", "networks"};
  EXPECT_EQ(tag_english(verb_before), (Tags{pronoun, verb, adjective, noun}));
}

TEST(EnglishTags, KnowInflectedForms) {
  const std::string_view sentence[] = {"they", "went", "running", "and", "stopped"};
  const Tags tags = tag_english(sentence);
  EXPECT_NE(tags[1], noun);
  EXPECT_EQ(tags[2], gerund);
  EXPECT_NE(tags[4], noun);
}

TEST(EnglishTags, GuessUnknownWordsByTheirEndings) {
  const std::string_view sentence[] = {"the", "frobnicated", "xyzzies"};
  EXPECT_EQ(tag_english(sentence), (Tags{determiner, participle, noun}));
  const std::string_view adverb_of[] = {"it", "works", "frobnically"};
  EXPECT_EQ(tag_english(adverb_of)[2], adverb);
}

TEST(EnglishTags, AnswerForAnyWords) {
  EXPECT_TRUE(tag_english({}).empty());
  const std::string_view odd[] = {"", "3rd", "\xe4\xb8\x96", "x", "'", "ing", "ed", "s", "ss"};
  EXPECT_EQ(tag_english(odd).size(), 9u);
}

TEST(EnglishTags, CommonWordsAreFrequent) {
  EXPECT_GT(english_frequency("the"), english_frequency("time"));
  EXPECT_GT(english_frequency("time"), english_frequency("telescope"));
  EXPECT_EQ(english_frequency("xyzzy"), 0);
}

}  // namespace
}  // namespace penchant

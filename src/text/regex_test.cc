#include "text/regex.h"

#include <gtest/gtest.h>

#include <string>

#include "text/pattern.h"

namespace penchant {

namespace {

// All matches, each in brackets.
std::string marked(const Result<Pattern>& pattern, std::string_view text) {
  if (!pattern.ok()) return pattern.error().message;
  std::string out;
  size_t done = 0, steps = Regex::steps_for(text.size());
  for (Pattern::Match match; pattern->find(text, done, match, steps); done = match.end)
    out.append(text.substr(done, match.begin - done))
        .append("[")
        .append(text.substr(match.begin, match.end - match.begin))
        .append("]");
  return out.append(text.substr(done));
}

std::string regex(std::string_view pattern, std::string_view text) {
  return marked(Pattern::regex(pattern), text);
}

}  // namespace

TEST(Pattern, FindsStrings) {
  EXPECT_EQ(marked(Pattern::literal("aa"), "aaa baa"), "[aa]a b[aa]");
  EXPECT_EQ(marked(Pattern::literal(".+"), "a.+"), "a[.+]");
  EXPECT_FALSE(Pattern::literal("").ok());
  EXPECT_FALSE(Pattern::literal(std::string(2000, 'a')).ok());
}

TEST(Regex, FindsClassesAndRepetitions) {
  EXPECT_EQ(regex(" {2,}", "a  b c   "), "a[  ]b c[   ]");
  EXPECT_EQ(regex("\\s+", "a \t\u3000b"), "a[ \t\u3000]b");
  EXPECT_EQ(regex("\\d", "a12\u0663"), "a[1][2][\u0663]");
  EXPECT_EQ(regex("[^\\s\\d]+", "ab 1c"), "[ab] 1[c]");
  EXPECT_EQ(regex("[a-c\\-\u4e2d]{2}", "abc-\u4e2dx"), "[ab][c-]\u4e2dx");
  EXPECT_EQ(regex("\\n", "a\nb"), "a[\n]b");
  EXPECT_EQ(regex("x\\.y?", "x.x.yy"), "[x.][x.y]y");
  EXPECT_EQ(regex(".", "a\n\u4e2d"), "[a]\n[\u4e2d]");
  EXPECT_EQ(regex("\\W\\S", "a b!!"), "a[ b][!!]");
  EXPECT_EQ(regex("a{3,4}", "aa aaa aaaaa aaaaaaa"), "aa [aaa] [aaaa]a [aaaa][aaa]");
  EXPECT_EQ(regex("\\p{Lu}\\p{L}*|\\P{L}+", "Ab\u00c9\u4e2d cD, 1"),
            "[Ab\u00c9\u4e2d][ ]c[D][, 1]");
  EXPECT_EQ(regex("[\\p{Nd}\\p{^L}]", "a1-"), "a[1][-]");
}

TEST(Regex, TakesTheFirstAlternativeThatMatchesAndGoesBackForIt) {
  EXPECT_EQ(regex("a|ab", "ab"), "[a]b");
  EXPECT_EQ(regex("(?:ab|a)b?c", "abc ac abbc"), "[abc] [ac] [abbc]");
  EXPECT_EQ(regex("a*ab", "aaab b"), "[aaab] b");
  EXPECT_EQ(regex("\\s*\\n", " \n  \n x"), "[ \n  \n] x");
  EXPECT_EQ(regex("x(?:yz)?", "xyz xy"), "[xyz] [x]y");
  EXPECT_EQ(regex("\u4e2d*\u4e2d!", "\u4e2d\u4e2d!"), "[\u4e2d\u4e2d!]");
}

TEST(Regex, APossessiveRepetitionGivesNothingBack) {
  EXPECT_EQ(regex("a++ab", "aaab"), "aaab");
  EXPECT_EQ(regex("a?+a", "aa a"), "[aa] a");
}

TEST(Regex, LooksAheadWithoutTaking) {
  EXPECT_EQ(regex("\\s+(?!\\S)|\\s", "a   b  "), "a[  ][ ]b[  ]");
  EXPECT_EQ(regex("a(?=b|c)", "ab ac ad"), "[a]b [a]c ad");
}

TEST(Regex, IgnoresCaseWhereTold) {
  EXPECT_EQ(regex("(?i:'s|'ll)|x", "'S 's 'lL X '\u017f"), "['S] ['s] ['lL] X ['\u017f]");
}

TEST(Regex, CutsAsPublishedTokenizersDo) {
  constexpr std::string_view gpt2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  EXPECT_EQ(regex(gpt2, "I'll  go, 42km!"), "[I]['ll][ ][ go][,][ 42][km][!]");
  constexpr std::string_view qwen2 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| "
      "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  EXPECT_EQ(regex(qwen2, "He'Ll (pay) 42.\n\n  x"), "[He]['Ll][ (][pay][)][ ][4][2][.\n\n][ ][ x]");
}

TEST(Regex, RefusesWhatItDoesNotKnow) {
  for (const char* pattern : {"",
                              "^a",
                              "a$",
                              "a+?",
                              "[a",
                              "[]a]",
                              "[[a]]",
                              "[a&&b]",
                              "[b-a]",
                              "[\\s-x]",
                              "[a-\\d]",
                              "\\",
                              "\\p{Xx}",
                              "\\pL",
                              "\\b",
                              "[\\",
                              "a{",
                              "a{x}",
                              "a{2",
                              "a{3,2}",
                              "a{0}",
                              "a{99999}",
                              "a{,2}",
                              "{2}",
                              "[a-\\",
                              "a**",
                              "(a",
                              "a)",
                              "(a)+",
                              "(a)*",
                              "(a){2}",
                              "(a)??",
                              "(?<a>b)",
                              "(?i)a",
                              "(?#a)",
                              "(?<=a)b",
                              "(?=a)?b",
                              "(?i:[a-z])",
                              "\\1a",
                              "a{2}+",
                              "a?",
                              "a*",
                              "(?=a)",
                              "a|b*",
                              "(a)?",
                              "(?:)",
                              "a||b",
                              "(?i:\u00e9)",
                              "((((((((((a))))))))))"})
    EXPECT_FALSE(Regex::parse(pattern).ok()) << pattern;
  EXPECT_FALSE(Regex::parse(std::string(3000, 'a')).ok());
  EXPECT_EQ(Regex::parse("a(?<=b)").error().message,
            "regular expression \"a(?<=b)\" has \"(?<\" at byte 1, which is not supported");
}

TEST(Regex, GivesUpInsteadOfRunningForEver) {
  const std::string text(2'000, 'a');
  size_t steps = Regex::steps_for(text.size());
  Regex::Match match;
  EXPECT_FALSE(Regex::parse("a*a*a*a*b")->find(text, 0, match, steps));
  EXPECT_EQ(steps, 0u);
}

}  // namespace penchant

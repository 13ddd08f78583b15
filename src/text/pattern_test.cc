#include "text/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace penchant {

namespace {

// All matches, each in brackets.
std::string marked(const Result<Pattern>& pattern, std::string_view text) {
  if (!pattern.ok()) return pattern.error().message;
  std::string out;
  size_t done = 0;
  for (Pattern::Match match; pattern->find(text, done, match); done = match.end)
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
}

TEST(Pattern, FindsTheExpressionsOfPublishedTokenizers) {
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
}

TEST(Pattern, RefusesWhatItDoesNotKnow) {
  for (const char* pattern :
       {"",        "a|b",  "(a)",      "a+b",   "a*",    "a?",      "^a",    "a$",
        "a+?",     "a++",  "[a",       "[]a]",  "[[a]]", "[a&&b]",  "[b-a]", "[\\s-x]",
        "[a-\\d]", "\\",   "\\p{L}",   "\\b",   "[\\",   "a{",      "a{x}",  "a{2",
        "a{3,2}",  "a{0}", "a{99999}", "a{,2}", "{2}",   "[a-[b]]", "[a-\\"})
    EXPECT_FALSE(Pattern::regex(pattern).ok()) << pattern;
  EXPECT_FALSE(Pattern::literal("").ok());
  EXPECT_FALSE(Pattern::literal(std::string(2000, 'a')).ok());
  EXPECT_FALSE(Pattern::regex(std::string(2000, 'a')).ok());
  EXPECT_EQ(Pattern::regex("a(?=b)").error().message,
            "regular expression \"a(?=b)\" has \"(\" at byte 1, which is not supported");
}

}  // namespace penchant

#include "base/utf8.h"

#include <gtest/gtest.h>

namespace penchant {
namespace {

TEST(Utf8, AcceptsEveryCodePointButSurrogates) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    utf8_append(text, c);
    ASSERT_EQ(utf8_invalid_at(text), std::string_view::npos) << static_cast<uint32_t>(c);
    size_t at = 0;
    ASSERT_EQ(utf8_next(text, at), c);
    ASSERT_EQ(at, text.size());
  }
}

TEST(Utf8, NamesTheFirstBadByte) {
  const std::string_view bad[] = {"ab\xff",         "ab\xc0\x80",         "ab\xed\xa0\x80",
                                  "ab\xe0\x80\x80", "ab\xf4\x90\x80\x80", "ab\xe4\xb8"};
  for (const std::string_view text : bad) EXPECT_EQ(utf8_invalid_at(text), 2u) << text;
  EXPECT_EQ(check_utf8("ab\xff", "line 3").error().message,
            "line 3: invalid UTF-8 at byte 2 (0xff)");
}

TEST(Utf8, CountsCodePoints) { EXPECT_EQ(utf8_length("a\xe4\xb8\xad\xf0\x9f\x98\x80"), 3u); }

}  // namespace
}  // namespace penchant

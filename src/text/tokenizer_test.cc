#include "text/tokenizer.h"

#include <gtest/gtest.h>

#include <string>

namespace penchant {

namespace {

constexpr std::string_view wordpiece = R"({
  "version": "1.0",
  "added_tokens": [
    {"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false,
     "normalized": false, "special": true}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                 "strip_accents": null, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "BertProcessing", "cls": ["[CLS]", 1], "sep": ["[SEP]", 2]},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "un": 3, "##known": 4, "a": 5, "!": 6,
                      "\u4e2d": 7}}})";

}  // namespace

TEST(Tokenizer, CutsWordsAndTellsWhereTheyWere) {
  auto tokenizer = Tokenizer::parse(wordpiece, "test");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  const auto encoding = tokenizer->encode("Unknown \u00e0!\u4e2d? [CLS]");
  ASSERT_TRUE(encoding.ok()) << encoding.error().message;
  EXPECT_EQ(encoding->ids, (std::vector<int32_t>{1, 3, 4, 5, 6, 7, 0, 1, 2}));
  const std::vector<Span> bytes = {{0, 0},   {0, 2},   {2, 7},   {8, 10}, {10, 11},
                                   {11, 14}, {14, 15}, {16, 21}, {0, 0}};
  EXPECT_EQ(encoding->offsets, bytes);
  EXPECT_EQ(encoding->special, (std::vector<uint8_t>{1, 0, 0, 0, 0, 0, 0, 0, 1}));
  auto characters = encoding->offsets;
  to_code_points("Unknown \u00e0!\u4e2d? [CLS]", characters);
  EXPECT_EQ(characters[5], (Span{10, 11}));
  EXPECT_EQ(characters[8], (Span{0, 0}));
}

}  // namespace penchant

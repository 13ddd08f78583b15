#include "text/unigram_pieces.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/test_folder.h"
#include "text/tokenizer.h"

namespace penchant {
namespace {

std::string unigram_json() {
  const auto text = read_file(Path(PENCHANT_SOURCE) / "tests/data/tokenizer/unigram.json", 1 << 20);
  EXPECT_TRUE(text.ok()) << text.error().message;
  return *text;
}

// The same JSON with its keys written so that nothing is cut out of it.
std::string uncut(std::string json) {
  for (size_t at = json.find("\"vocab\""); at != json.npos; at = json.find("\"vocab\"", at))
    json.replace(at, 7, "\"voc\\u0061b\"");
  return json;
}

std::string with_list(std::string_view list) {
  return R"({"model": {"type": "Unigram", "unk_id": 0, "vocab": )" + std::string(list) + "}}";
}

TEST(UnigramPieces, AreThoseOfTheJson) {
  const auto cut = cut_unigram_pieces(with_list(
      "[[\"<unk>\", 0.0],[\"a\\\"\\\\\\n\", -9.2] ,\n [ \"\xE2\x96\x81\" , -1e-2 ], [\"\", 12]]"));
  ASSERT_TRUE(cut.has_value());
  ASSERT_EQ(cut->pieces.size(), 4u);
  EXPECT_EQ(cut->pieces.text(1), "a\"\\\n");
  EXPECT_EQ(cut->pieces.text(2), "\xE2\x96\x81");
  EXPECT_EQ(cut->pieces.text(3), "");
  EXPECT_EQ(cut->pieces.scores, (std::vector<double>{0, -9.2, -0.01, 12}));
  EXPECT_EQ(cut->json, with_list("\"(vocabulary)\""));
}

TEST(UnigramPieces, AreLeftToOthersWhereTheJsonIsNotPlain) {
  for (const char* list : {"[]",
                           "[[\"a\",1]",
                           "[[\"a\",1],]",
                           "[[\"a\",01]]",
                           "[[\"a\",1.]]",
                           "[[\"a\",.5]]",
                           "[[\"a\",+1]]",
                           "[[\"a\",1e]]",
                           "[[\"a\",1e999]]",
                           "[[\"a\",-]]",
                           "[[\"a\" 1]]",
                           "[[1,1]]",
                           "[[\"a\",\"1\"]]",
                           "[[\"a\",1,2]]",
                           "[[\"a\"]]",
                           "[\"a\"]",
                           "[[\"\\u0061\",1]]",
                           "[[\"\\x\",1]]",
                           "[[\"\xFF\",1]]",
                           "[[\"\xC3\",1],[\"\xA9\",1]]",
                           "[[\"a\n\",1]]",
                           "[[\"a"})
    EXPECT_FALSE(cut_unigram_pieces(with_list(list)).has_value()) << list;
  EXPECT_FALSE(cut_unigram_pieces("").has_value());
  EXPECT_FALSE(cut_unigram_pieces(R"({"vocab": {"a": 1}})").has_value());
}

TEST(UnigramPieces, MakeTheTokenizerThatTheJsonMakes) {
  std::vector<std::string> files = {unigram_json()};
  if (const Path model = test_model("multilingual-e5-small"); !model.empty())
    files.push_back(*read_file(model / "tokenizer.json", 64 << 20));
  for (const std::string& json : files) {
    ASSERT_TRUE(cut_unigram_pieces(json).has_value());
    const auto cut = Tokenizer::parse(json, "test"), whole = Tokenizer::parse(uncut(json), "test");
    ASSERT_TRUE(cut.ok()) << cut.error().message;
    ASSERT_TRUE(whole.ok()) << whole.error().message;
    ASSERT_EQ(cut->vocabulary_size(), whole->vocabulary_size());
    std::string all;
    for (size_t id = 0; id < whole->vocabulary_size(); ++id) {
      const auto token = static_cast<int32_t>(id);
      ASSERT_EQ(cut->token(token), whole->token(token));
      if (id % 7 == 0) all.append(whole->token(token)).append(id % 3 == 0 ? " " : "");
      if (all.size() < 300) continue;
      ASSERT_EQ(*cut->encode_ids(all), *whole->encode_ids(all));
      all.clear();
    }
  }
}

TEST(UnigramPieces, AreRefusedWithTheSameSentences) {
  for (const char* list :
       {"[]", "[[\"a\",1],]", "[[\"a\"]]", "[[\"a\",null]]", "[[\"\xFF\",1]]", "7"}) {
    const auto cut = Tokenizer::parse(with_list(list), "test");
    const auto whole = Tokenizer::parse(uncut(with_list(list)), "test");
    ASSERT_FALSE(cut.ok());
    // The other spelling is five bytes longer.
    const size_t end = std::min(whole.error().message.find("at byte"), std::string::npos);
    EXPECT_EQ(cut.error().message.substr(0, end), whole.error().message.substr(0, end)) << list;
  }
  const auto wrong = Tokenizer::parse(with_list("[[\"a\",1]]") + "x", "test");
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().message.find("not valid JSON at byte 63"), std::string::npos)
      << wrong.error().message;
}

TEST(UnigramPieces, AreThoseOfTheModelOnly) {
  // A list under that name elsewhere, and a model without one.
  const auto other = Tokenizer::parse(
      R"({"vocab": [["a", 1]], "model": {"type": "Unigram", "unk_id": 0, "vocab": [["b", 1]]}})",
      "test");
  ASSERT_TRUE(other.ok()) << other.error().message;
  EXPECT_EQ(other->token(0), "b");
  EXPECT_FALSE(
      Tokenizer::parse(R"({"vocab": [["a", 1]], "model": {"type": "Unigram"}})", "test").ok());
  EXPECT_FALSE(Tokenizer::parse(with_list("\"(vocabulary)\""), "test").ok());
}

}  // namespace
}  // namespace penchant

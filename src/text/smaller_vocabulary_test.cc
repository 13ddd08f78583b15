#include "text/smaller_vocabulary.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/files.h"

namespace penchant {
namespace {

std::string tokenizer_json(const char* name) {
  const auto text = read_file(Path(PENCHANT_SOURCE) / "tests/data/tokenizer" / name, 1 << 20);
  return text.ok() ? *text : "";
}

Tokenizer tokenizer(const std::string& json) {
  auto parsed = Tokenizer::parse(json, "test");
  EXPECT_TRUE(parsed.ok()) << parsed.error().message;
  return *std::move(parsed);
}

std::vector<std::string> tokens(const Tokenizer& by, std::string_view text) {
  std::vector<std::string> out;
  const auto ids = by.encode_ids(text, {.add_special_tokens = false});
  for (const int32_t id : *ids) out.emplace_back(by.token(id));
  return out;
}

TEST(StaticVocabulary, KeepsTheMostFrequentTokensById) {
  const std::vector<std::vector<int32_t>> texts = {{3, 1, 3}, {4, 3, 1}, {0}};
  const auto counts = count_tokens(texts, 6);
  EXPECT_EQ(counts, (std::vector<uint64_t>{1, 2, 0, 3, 1, 0}));
  EXPECT_EQ(frequent_tokens(counts, 2), (std::vector<int32_t>{1, 3}));
  EXPECT_EQ(frequent_tokens(counts, 3), (std::vector<int32_t>{0, 1, 3}));  // of equals the first
  EXPECT_EQ(frequent_tokens(counts, 100), (std::vector<int32_t>{0, 1, 3, 4}));
}

TEST(StaticVocabulary, CutsAsBeforeWhereEveryTokenIsKept) {
  for (const char* name : {"unigram.json", "wordpiece.json"}) {
    const std::string json = tokenizer_json(name);
    const Tokenizer whole = tokenizer(json);
    const std::string_view text = "the story of the people and what they said";
    const auto ids = whole.encode_ids(text, {.add_special_tokens = false}).value();
    std::vector<int32_t> kept = ids;
    std::sort(kept.begin(), kept.end());
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    const auto smaller = keep_tokens(json, name, kept, Rest::none);
    ASSERT_TRUE(smaller.ok()) << smaller.error().message;
    const Tokenizer part = tokenizer(smaller->json);
    EXPECT_EQ(part.vocabulary_size(), smaller->ids.size());
    EXPECT_LE(smaller->ids.size(), kept.size() + 1);  // the unknown token
    EXPECT_EQ(tokens(part, text), tokens(whole, text)) << name;
    const int32_t unknown = whole.token_id(name[0] == 'u' ? "<unk>" : "[UNK]");
    EXPECT_EQ(part.token(smaller->unknown), whole.token(unknown));
    for (size_t i = 0; i < smaller->ids.size(); ++i)
      EXPECT_EQ(part.token(static_cast<int32_t>(i)), whole.token(smaller->ids[i]));
  }
}

TEST(StaticVocabulary, RefusesWhatItCannotCutByName) {
  const auto refused = [](std::string_view json) {
    const auto result = keep_tokens(json, "t.json", {}, Rest::none);
    return result.ok() ? "" : result.error().message;
  };
  EXPECT_EQ(refused("[]"), "t.json: not a JSON object");
  EXPECT_EQ(refused("{}"), "t.json: model is not an object");
  EXPECT_EQ(refused(R"({"model":{"type":"BPE","vocab":{}}})"),
            "t.json: a vocabulary of type \"BPE\" cannot be cut down, only Unigram and WordPiece");
}

}  // namespace
}  // namespace penchant

#include <gtest/gtest.h>

#include <filesystem>

#include "base/test_folder.h"
#include "encoder/encoder.h"
#include "encoder/golden_test.h"
#include "encoder/word_sum.h"
#include "text/tokenizer.h"

namespace penchant {
namespace {

std::unique_ptr<Encoder> open(const Path& path, bool attention_weighting) {
  auto encoder = open_encoder(path, {.threads = 2, .attention_weighting = attention_weighting});
  EXPECT_TRUE(encoder.ok()) << encoder.error().message;
  return *std::move(encoder);
}

TEST(WordSum, FollowsTheTwoFormulas) {
  Matrix vectors(2, 2);
  vectors.values = {2, 0, 0, 1};
  WeightedRow words[] = {{0, 1}, {1, 1}};
  std::vector<float> out(2);
  mean_words(vectors, words, out);
  EXPECT_EQ(out, (std::vector<float>{1, 0.5f}));

  // Scores [[4, 0], [0, 1]] / sqrt 2; what a word receives is its column of the softmax.
  const double e4 = std::exp(4 / std::sqrt(2.0)), e1 = std::exp(1 / std::sqrt(2.0));
  const double first = e4 / (e4 + 1) + 1 / (1 + e1), second = 1 / (e4 + 1) + e1 / (1 + e1);
  weigh_by_attention(vectors, words);
  mean_words(vectors, words, out);
  EXPECT_NEAR(out[0], first, 1e-6);
  EXPECT_NEAR(out[1], second / 2, 1e-6);
}

TEST(WordSum, OfNoWordsIsZero) {
  const Matrix vectors(2, 2);
  std::vector<float> out = {1, 1};
  mean_words(vectors, {}, out);
  EXPECT_EQ(out, std::vector<float>(2));
  weigh_by_attention(vectors, {});
}

TEST(StaticEncoder, GivesTheVectorsOfTheReferenceFromAModel2VecFolder) {
  const Path folder = golden_folder("tiny-model2vec");
  const auto summed = open(folder, false), attended = open(folder, true);
  EXPECT_EQ(summed->dimensions(), 16u);
  ASSERT_NE(summed->tokenizer(), nullptr);
  for (const GoldenCase& golden : golden_cases("tiny-model2vec")) {
    const std::string_view text = golden.text;
    const Matrix sum = *summed->encode({&text, 1}, Purpose::plain);
    const Matrix attention = *attended->encode({&text, 1}, Purpose::plain);
    for (size_t i = 0; i < 16; ++i) {
      EXPECT_NEAR(sum.values[i], golden.vector[i], 2e-6) << text;
      EXPECT_NEAR(attention.values[i], golden.attention[i], 2e-6) << text;
    }
  }
}

TEST(StaticEncoder, GivesATextTheSameBitsInEveryCall) {
  const auto encoder = open(golden_folder("tiny-model2vec"), true);
  std::vector<std::string_view> texts(100, "the red book");
  texts[50] = "music of the night";
  const Matrix together = *encoder->encode(texts, Purpose::plain);
  const Matrix alone = *encoder->encode({&texts[50], 1}, Purpose::plain);
  const auto row = together.row(50);
  EXPECT_TRUE(std::equal(row.begin(), row.end(), alone.values.begin()));
  EXPECT_EQ(together.values, encoder->encode(texts, Purpose::plain)->values);
}

// As model2vec and sentence-transformers' StaticEmbedding give them without normalisation.
TEST(StaticEncoder, GivesTheMeanOfTheWordsAsLongAsItIs) {
  const auto encoder = open(golden_folder("tiny-model2vec"), false);
  for (const GoldenCase& golden : golden_cases("tiny-model2vec")) {
    const TokenSequence text{golden.ids};
    const Matrix vector = *encoder->run({&text, 1});
    for (size_t i = 0; i < 16; ++i)
      EXPECT_NEAR(vector.values[i], golden.raw[i], 2e-6) << golden.text;
  }
}

// A file's words are its tokens, and their ids the rows.
TEST(StaticEncoder, ReadsTheWordsOfAFile) {
  const TestFolder folder;
  ASSERT_TRUE(write_file(folder.path() / "v.txt", "red 1 2\nbook 3 -4\n").ok());
  const auto encoder = open(folder.path() / "v.txt", false);
  const auto read = encoder->read("A Red book, red", Purpose::plain);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->ids, (std::vector<int32_t>{0, 1, 0}));
  EXPECT_EQ(read->places, (std::vector<Span>{{2, 5}, {6, 10}, {12, 15}}));
  const TokenSequence sequences[] = {read->sequence(), {}};
  const Matrix vectors = *encoder->run(sequences);
  EXPECT_NEAR(vectors.row(0)[0], 5 / 3.0, 1e-6);
  EXPECT_NEAR(vectors.row(0)[1], 0, 1e-6);
  EXPECT_EQ(vectors.row(1)[0], 0);
  const int32_t beyond[] = {2};
  const TokenSequence wrong{beyond};
  EXPECT_EQ(encoder->run({&wrong, 1}).error().message,
            "text 0: token 2 is not one of the vocabulary's 2");
}

TEST(StaticEncoder, NamesTheTextThatIsWrong) {
  const TestFolder folder;
  ASSERT_TRUE(write_file(folder.path() / "v.txt", "red 1 2\n").ok());
  const auto encoder = open(folder.path() / "v.txt", false);
  EXPECT_EQ(encoder->name(), "v.txt");
  EXPECT_EQ(encoder->tokenizer(), nullptr);
  std::vector<std::string_view> texts(70, "red");
  texts[40] = "\xFF";
  EXPECT_TRUE(encoder->encode(texts, Purpose::plain).error().message.starts_with("text 40: "));
}

TEST(StaticEncoder, RefusesATableThatDoesNotFitTheTokenizer) {
  const TestFolder folder;
  const Path model = folder.path() / "model";
  std::filesystem::copy(golden_folder("tiny-model2vec"), model);
  std::string bytes = *read_file(model / "model.safetensors", 1 << 20);
  const auto refusal = [&](std::string_view from, std::string_view to) {
    std::string changed = bytes;
    changed.replace(changed.find(from), from.size(), to);
    EXPECT_TRUE(write_file(model / "model.safetensors", changed).ok());
    const auto encoder = open_encoder(model, {});
    EXPECT_FALSE(encoder.ok());
    return encoder.ok() ? "" : encoder.error().message;
  };
  EXPECT_NE(refusal("\"mapping\"", "\"napping\"").find("40 tokens, but there are 20 vectors"),
            std::string::npos);
  EXPECT_NE(refusal("\"embeddings\"", "\"embedding_\"").find("no tensor \"embeddings\""),
            std::string::npos);
  EXPECT_NE(refusal("\"I64\"", "\"U64\"").find("expected I64 or I32"), std::string::npos);
  // The last value of the mapping, at the end of the file, becomes huge.
  bytes.back() = '\x7F';
  EXPECT_NE(refusal("", "").find("but there are 20 vectors"), std::string::npos);
}

}  // namespace
}  // namespace penchant

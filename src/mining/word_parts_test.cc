#include "mining/word_parts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <random>

#include "base/test_folder.h"
#include "encoder/golden_test.h"
#include "math/kernels.h"
#include "text/tokenizer.h"

namespace penchant {
namespace {

// "notebook computer"
constexpr const char* laptop = "\u7b14\u8bb0\u672c\u7535\u8111";

std::unique_ptr<Encoder> open(const Path& path, const EncoderOptions& options = {.threads = 1}) {
  auto encoder = open_encoder(path, options);
  EXPECT_TRUE(encoder.ok()) << encoder.error().message;
  return *std::move(encoder);
}

Result<WordParts> split(Encoder& encoder, std::string_view text, Purpose purpose) {
  TRY(const Matrix vector, encoder.encode({&text, 1}, purpose));
  return split_vector(encoder, text, purpose, vector.row(0));
}

// A copy of a transformer's folder whose pooling is another.
struct Pooled {
  TestFolder folder;
  Path path = folder.path() / "model";

  Pooled(const std::string& name, const std::string& mode) {
    std::filesystem::copy(golden_folder(name), path, std::filesystem::copy_options::recursive);
    EXPECT_TRUE(write_file(path / "1_Pooling/config.json",
                           R"({"word_embedding_dimension":32,"pooling_mode_)" + mode + R"(":true})")
                    .ok());
  }
};

std::vector<std::string> random_texts(size_t count) {
  const std::vector<std::string> pieces = {
      "the",  "red", "book", "night", " ",         ", ", ". ", "unheardof", "3.5", "\U0001F600",
      laptop, "\n",  "of",   " ",     "station's", " ",  "-",  " ",         " ",   "caf\u00e9"};
  std::mt19937 chance(7);
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i) {
    out.emplace_back();
    for (size_t n = chance() % 70; n > 0; --n) out.back() += pieces[chance() % pieces.size()];
  }
  return out;
}

void expect_sums(Encoder& encoder, const std::vector<std::string>& texts, Purpose purpose) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const Matrix vectors = *encoder.encode(views, purpose);
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto direction = vectors.row((i + 1) % texts.size());
    const double product = dot(vectors.row(i), direction);
    const auto parts = split_vector(encoder, texts[i], purpose, vectors.row(i));
    ASSERT_TRUE(parts.ok()) << parts.error().message << ": " << texts[i];
    const std::vector<double> shares = contributions(*parts, direction, product);
    ASSERT_EQ(shares.size(), parts->words.size() + 1);
    double sum = 0;
    for (const double share : shares) sum += share;
    EXPECT_NEAR(sum, product, 1e-9) << texts[i];
    // Alone as among the others, bit for bit.
    const auto alone = split(encoder, texts[i], purpose);
    ASSERT_TRUE(alone.ok());
    EXPECT_EQ(alone->parts.values, parts->parts.values);
  }
}

TEST(WordParts, AddUpToEverySimilarityOfATransformer) {
  for (const Precision precision : {Precision::fp32, Precision::int8})
    for (const char* mode : {"mean_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens"}) {
      const Pooled bert("tiny-bert", mode), prompted("tiny-xlm-roberta", mode);
      const EncoderOptions options{.precision = precision, .threads = 2};
      expect_sums(*open(bert.path, options), random_texts(40), Purpose::plain);
      expect_sums(*open(prompted.path, options), random_texts(40), Purpose::query);
    }
}

TEST(WordParts, AddUpToEverySimilarityOfStaticVectors) {
  expect_sums(*open(golden_folder("tiny-model2vec")), random_texts(60), Purpose::plain);
}

// Where all tokens belong to words, nothing is left: static vectors have no special ones.
TEST(WordParts, OfStaticVectorsLeaveNoRest) {
  const auto encoder = open(golden_folder("tiny-model2vec"));
  const std::string_view text = "the red book night";
  const Matrix vector = *encoder->encode({&text, 1}, Purpose::plain);
  const auto parts = split_vector(*encoder, text, Purpose::plain, vector.row(0));
  ASSERT_TRUE(parts.ok());
  const auto shares = contributions(*parts, vector.row(0), 1);
  ASSERT_EQ(shares.size(), 5u);
  EXPECT_NEAR(shares.back(), 0, 1e-6);
}

TEST(WordParts, AreOfWordsHoweverManyTokensTheyHave) {
  const auto encoder = open(golden_folder("tiny-bert"));
  const std::string text = std::string("The books, unheardof (nights) ") + laptop;
  const auto tokens = encoder->tokenizer()->encode(text);
  const auto parts = split(*encoder, text, Purpose::plain);
  ASSERT_TRUE(parts.ok());
  std::vector<std::string> words;
  for (const Word& word : parts->words)
    words.push_back(text.substr(word.begin, word.end - word.begin));
  EXPECT_EQ(words, (std::vector<std::string>{"The", "books", "unheardof", "nights", laptop}));
  EXPECT_GT(tokens->ids.size(), words.size() + 4) << "some words have several tokens";
}

// The parts of tokens by hand: the words' sums of weighted states over the length of all.
TEST(WordParts, AreTheSumsOfTheirTokens) {
  const auto encoder = open(golden_folder("tiny-bert"), {.precision = Precision::fp32});
  const std::string_view text = "the red book";  // a token each, between two special ones
  const auto ids = *encoder->tokenizer()->encode_ids(text);
  ASSERT_EQ(ids.size(), 5u);
  const Matrix states = *encoder->token_states(ids);
  std::vector<float> sum(states.cols);
  for (size_t t = 0; t < states.rows; ++t) axpy(1, states.row(t), sum);
  const float length = std::sqrt(dot(sum, sum));
  const auto parts = split(*encoder, text, Purpose::plain);
  ASSERT_TRUE(parts.ok());
  for (size_t word = 0; word < 3; ++word)
    for (size_t i = 0; i < states.cols; ++i)
      EXPECT_NEAR(parts->parts.row(word)[i], states.row(word + 1)[i] / length, 1e-6);
}

TEST(WordParts, EndWhereTheModelStopsReading) {
  const auto encoder = open(golden_folder("tiny-bert"));
  std::string text;
  for (int i = 0; i < 100; ++i) text += "book ";
  const auto parts = split(*encoder, text, Purpose::plain);
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(parts->words.size(), encoder->max_tokens() - 2);
}

TEST(WordParts, OfATextWithoutWordsAreTheRest) {
  for (const char* name : {"tiny-bert", "tiny-model2vec"}) {
    const auto encoder = open(golden_folder(name));
    for (const char* text : {"", " ", "?!", "\U0001F600"}) {
      const auto parts = split(*encoder, text, Purpose::plain);
      ASSERT_TRUE(parts.ok()) << parts.error().message;
      EXPECT_TRUE(parts->words.empty());
      const std::vector<float> direction(encoder->dimensions(), 1);
      EXPECT_EQ(contributions(*parts, direction, 0.5), std::vector<double>{0.5});
    }
  }
}

TEST(WordParts, AreRefusedWhereAVectorIsNoSum) {
  const auto refusal = [](const Path& path, const EncoderOptions& options) {
    const auto encoder = open(path, options);
    const auto parts = split(*encoder, "the red book at night", Purpose::plain);
    EXPECT_FALSE(parts.ok());
    return parts.ok() ? "" : parts.error().message;
  };
  for (const char* mode : {"cls_token", "max_tokens", "lasttoken"}) {
    const Pooled pooled("tiny-bert", mode);
    EXPECT_EQ(refusal(pooled.path, {.threads = 1}),
              "contributions: the vectors of model are no sums over the words of a text (the model "
              "pools by one token or by the largest of every column)");
  }
  const auto said = refusal(golden_folder("tiny-model2vec"), {.attention_weighting = true});
  EXPECT_NE(said.find("weighted by attention"), std::string::npos) << said;
  TestFolder folder;
  ASSERT_TRUE(write_file(folder.path() / "words.txt", "the 1 0\nred 0 1\nbook 1 1\n").ok());
  EXPECT_NE(refusal(folder.path() / "words.txt", {}).find("a file of word vectors"),
            std::string::npos);
}

TEST(WordParts, AreRefusedForAVectorOfAnotherLength) {
  const auto encoder = open(golden_folder("tiny-bert"));
  const std::vector<float> vector(encoder->dimensions() / 2);
  EXPECT_FALSE(split_vector(*encoder, "the red book", Purpose::plain, vector).ok());
}

TEST(WordParts, RefuseInvalidUtf8) {
  const auto encoder = open(golden_folder("tiny-bert"));
  const std::vector<float> vector(encoder->dimensions());
  EXPECT_FALSE(split_vector(*encoder, "the \xff", Purpose::plain, vector).ok());
}

}  // namespace
}  // namespace penchant

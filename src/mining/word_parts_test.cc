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

  Pooled(const std::string& name, const std::string& mode, bool include_prompt = true) {
    std::filesystem::copy(golden_folder(name), path, std::filesystem::copy_options::recursive);
    EXPECT_TRUE(write_file(path / "1_Pooling/config.json",
                           R"({"word_embedding_dimension":32,"pooling_mode_)" + mode +
                               R"(":true,"include_prompt":)" +
                               (include_prompt ? "true}" : "false}"))
                    .ok());
  }
};

// tiny-dense with some of its modules behind the pooling.
struct Modules {
  TestFolder folder;
  Path path = folder.path() / "model";

  explicit Modules(std::initializer_list<std::string> modules) {
    std::filesystem::copy(golden_folder("tiny-dense"), path,
                          std::filesystem::copy_options::recursive);
    std::string list;
    for (const std::string& name : modules)
      list += R"(,{"path":")" + name + R"(","type":"sentence_transformers.models.)" +
              name.substr(name.find('_') + 1) + R"("})";
    EXPECT_TRUE(
        write_file(path / "modules.json",
                   R"([{"path":"","type":"sentence_transformers.models.Transformer"})" + list + "]")
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
    for (const char* mode :
         {"mean_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "max_tokens"}) {
      const Pooled bert("tiny-bert", mode), prompted("tiny-xlm-roberta", mode),
          unpooled("tiny-xlm-roberta", mode, false);
      const EncoderOptions options{.precision = precision, .threads = 2};
      expect_sums(*open(bert.path, options), random_texts(40), Purpose::plain);
      expect_sums(*open(prompted.path, options), random_texts(40), Purpose::query);
      expect_sums(*open(unpooled.path, options), random_texts(40), Purpose::query);
    }
}

TEST(WordParts, AddUpToEverySimilarityBehindLinearModules) {
  const Modules dense{"1_Pooling", "2_Dense"},
      between{"1_Pooling", "3_Normalize", "2_Dense", "3_Normalize"};
  for (const Path& path : {dense.path, between.path})
    expect_sums(*open(path, {.threads = 2}), random_texts(40), Purpose::plain);
}

TEST(WordParts, AddUpToEverySimilarityOfStaticVectors) {
  expect_sums(*open(golden_folder("tiny-model2vec")), random_texts(60), Purpose::plain);
  expect_sums(*open(golden_folder("tiny-model2vec"), {.threads = 1, .attention_weighting = true}),
              random_texts(60), Purpose::plain);
  const TestFolder folder;
  const std::string words = std::string("the 1 0 2\nred 0 1 -1\nbook 1 1 0\nnight -2 1 1\n") +
                            "\u7535 1 2 3\n\u8111 3 2 -1\n";
  ASSERT_TRUE(write_file(folder.path() / "words.txt", words).ok());
  expect_sums(*open(folder.path() / "words.txt"), random_texts(60), Purpose::plain);
}

// By hand: (1, 0), nothing, (0, 2) and (1, 1) over the length of their sum, which is (2, 3).
TEST(WordParts, OfAFileOfWordVectorsAreItsVectors) {
  const TestFolder folder;
  ASSERT_TRUE(write_file(folder.path() / "words.txt", "the 1 0\nred 0 2\nbook 1 1\n").ok());
  const auto encoder = open(folder.path() / "words.txt");
  const auto parts = split(*encoder, "The unheardof red, book!", Purpose::plain);
  ASSERT_TRUE(parts.ok()) << parts.error().message;
  const auto length = static_cast<float>(std::sqrt(13));
  const std::vector<float> expected = {1, 0, 0, 0, 0, 2, 1, 1};
  ASSERT_EQ(parts->parts.values.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(parts->parts.values[i], expected[i] / length, 1e-6);
}

// A prompt that is not pooled brings nothing: with the last token the words are the whole vector.
TEST(WordParts, LeaveOutAPromptThatIsNotPooled) {
  const Pooled pooled("tiny-xlm-roberta", "mean_tokens", false);
  const auto encoder = open(pooled.path, {.precision = Precision::fp32});
  const std::string_view text = "the red book";
  const auto read = encoder->read(text, Purpose::query);  // <s> about the red book </s>
  ASSERT_EQ(read->ids.size(), 6u);
  EXPECT_EQ(read->unpooled, 2u);
  const Matrix states = *encoder->token_states(read->ids);
  const Matrix vector = *encoder->encode({&text, 1}, Purpose::query);
  std::vector<float> sum(states.cols);
  for (size_t t = 2; t < 6; ++t) axpy(1, states.row(t), sum);
  const float length = std::sqrt(dot(sum, sum));
  const auto parts = split(*encoder, text, Purpose::query);
  ASSERT_TRUE(parts.ok()) << parts.error().message;
  const double rest = contributions(*parts, vector.row(0), 1).back();
  EXPECT_NEAR(rest, dot(states.row(5), vector.row(0)) / length, 1e-5);
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
  for (const char* mode : {"cls_token", "lasttoken"}) {
    const Pooled pooled("tiny-bert", mode);
    EXPECT_EQ(refusal(pooled.path, {.threads = 1}),
              "contributions: the vectors of model are no sums over the words of a text (the model "
              "pools by one token)");
  }
  const Modules modules{"1_Pooling", "2_Dense", "4_Dense"};
  EXPECT_EQ(refusal(modules.path, {.threads = 1}),
            "contributions: the vectors of model are no sums over the words of a text (a Dense "
            "module with tanh stands behind the pooling)");
}

TEST(WordParts, AreRefusedForAVectorOfAnotherLength) {
  const auto encoder = open(golden_folder("tiny-bert"));
  const std::vector<float> vector(encoder->dimensions() / 2);
  const auto parts = split_vector(*encoder, "the red book", Purpose::plain, vector);
  EXPECT_EQ(parts.error().message,
            "contributions: the vector is not the one that tiny-bert gives this text");
}

TEST(WordParts, RefuseInvalidUtf8) {
  const auto encoder = open(golden_folder("tiny-bert"));
  const std::vector<float> vector(encoder->dimensions());
  EXPECT_FALSE(split_vector(*encoder, "the \xff", Purpose::plain, vector).ok());
}

}  // namespace
}  // namespace penchant

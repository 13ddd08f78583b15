#include "encoder/encoder.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/limits.h"
#include "base/test_folder.h"
#include "encoder/golden_test.h"
#include "math/kernels.h"
#include "math/products.h"
#include "text/tokenizer.h"

namespace penchant {
namespace {

Purpose purpose_of(const std::string& name) {
  if (name == "query") return Purpose::query;
  return name == "passage" ? Purpose::passage : Purpose::plain;
}

std::unique_ptr<Encoder> open(const Path& path, const EncoderOptions& options) {
  auto encoder = open_encoder(path, options);
  EXPECT_TRUE(encoder.ok()) << encoder.error().message;
  return *std::move(encoder);
}

// A copy of a golden folder in which one file can be replaced.
struct Copy {
  TestFolder folder;
  Path path = folder.path() / "model";

  explicit Copy(const std::string& name) {
    std::filesystem::copy(golden_folder(name), path, std::filesystem::copy_options::recursive);
  }
  void write(const std::string& file, std::string_view bytes) const {
    EXPECT_TRUE(write_file(path / file, bytes).ok());
  }
  // Replaces `from`, which must be there, in a file.
  void replace(const std::string& file, std::string_view from, std::string_view to) const {
    std::string text = *read_file(path / file, 1 << 20);
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write(file, text.replace(at, from.size(), to));
  }
  std::string refusal() const {
    auto encoder = open_encoder(path, {.threads = 1});
    EXPECT_FALSE(encoder.ok());
    return encoder.ok() ? "" : encoder.error().message;
  }
};

const char* const models[] = {"tiny-bert", "tiny-xlm-roberta", "tiny-half"};

TEST(Encoder, GivesTheVectorsOfTheReferenceFromText) {
  for (const char* name : models) {
    const auto exact = open(golden_folder(name), {.precision = Precision::fp32, .threads = 2});
    EXPECT_EQ(exact->name(), name);
    EXPECT_EQ(exact->dimensions(), 32u);
    EXPECT_EQ(exact->max_tokens(), 40u);
    for (const GoldenCase& golden : golden_cases(name)) {
      const std::string_view text = golden.text;
      auto vectors = exact->encode({&text, 1}, purpose_of(golden.purpose));
      ASSERT_TRUE(vectors.ok()) << vectors.error().message;
      EXPECT_GT(cosine(vectors->row(0), golden.vector), 0.999999) << name << ": " << text;
    }
  }
}

TEST(Encoder, RoundedPrecisionsStayCloseWithEveryProduct) {
  for (const std::string_view processor : product_names()) {
    set_products(processor);
    for (const Precision precision : {Precision::bf16, Precision::int8})
      for (const char* name : models) {
        const auto encoder = open(golden_folder(name), {.precision = precision, .threads = 2});
        for (const GoldenCase& golden : golden_cases(name)) {
          const std::string_view text = golden.text;
          const auto rounded = encoder->encode({&text, 1}, purpose_of(golden.purpose));
          ASSERT_TRUE(rounded.ok());
          EXPECT_GT(cosine(rounded->row(0), golden.vector),
                    precision == Precision::bf16 ? 0.9998 : 0.99)
              << processor << " " << name << ": " << text;
        }
      }
  }
  set_products(product_names().front());
}

TEST(Encoder, GivesATextTheSameBitsInEveryCallAndWithAnyThreads) {
  std::vector<std::string> texts;
  for (int i = 0; i < 60; ++i) {
    texts.emplace_back("the");
    for (int word = 0; word < i % 23; ++word) texts.back() += word % 2 ? " red book" : " night";
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
    const auto one = open(golden_folder("tiny-bert"), {.precision = precision, .threads = 1});
    const auto three = open(golden_folder("tiny-bert"), {.precision = precision, .threads = 3});
    const Matrix together = *one->encode(views, Purpose::plain);
    EXPECT_EQ(three->encode(views, Purpose::plain)->values, together.values);
    for (size_t i = 0; i < texts.size(); i += 7) {
      const Matrix alone = *three->encode({&views[i], 1}, Purpose::plain);
      const auto row = together.row(i);
      EXPECT_TRUE(std::equal(row.begin(), row.end(), alone.values.begin()));
    }
  }
}

TEST(Encoder, ReadsTheLongestTextWhereSentenceTransformersKeepsIt) {
  const Copy copy("tiny-bert");
  const auto max_tokens = [&] { return open(copy.path, {.threads = 1})->max_tokens(); };
  copy.write("tokenizer_config.json", R"({"model_max_length": 7})");
  copy.write("sentence_bert_config.json", R"({"max_seq_length": 9})");  // before version 6
  EXPECT_EQ(max_tokens(), 9u);
  copy.write("sentence_bert_config.json", R"({"do_lower_case": false})");
  EXPECT_EQ(max_tokens(), 7u);
  copy.write("tokenizer_config.json", R"({"model_max_length": 1000000000000000019884624838656})");
  EXPECT_EQ(max_tokens(), 48u);  // no limit but the positions
  copy.write("tokenizer_config.json", R"({"model_max_length": 1})");
  EXPECT_NE(copy.refusal().find("tokenizer_config.json: model_max_length is 1"), std::string::npos);
}

TEST(Encoder, GivesIdsTheBitsOfTheirText) {
  const std::string_view text = "the red book at night";
  for (const char* name : {"tiny-bert", "tiny-xlm-roberta", "tiny-model2vec"}) {
    const auto encoder = open(golden_folder(name), {.threads = 2});
    const std::string prompted = std::string(encoder->prompt(Purpose::query)) + std::string(text);
    const auto ids = encoder->tokenizer()->encode_ids(
        prompted, {.add_special_tokens = encoder->adds_special_tokens()});
    const TokenSequence sequences[] = {{*ids}, {}, {*ids}};
    Matrix vectors = *encoder->run(sequences);
    const Matrix expected = *encoder->encode({&text, 1}, Purpose::query);
    for (const size_t row : {0, 2}) {
      normalise(vectors.row(row));
      EXPECT_TRUE(std::ranges::equal(vectors.row(row), expected.values)) << name;
    }
    const Matrix states = *encoder->token_states(*ids);
    EXPECT_EQ(states.cols, encoder->dimensions());
    // The unknown token does not count for static vectors.
    EXPECT_EQ(states.rows, ids->size() - (encoder->adds_special_tokens() ? 0 : 1));
    const std::vector<int32_t> wrong = {2, 1'000'000};
    const TokenSequence with_wrong[] = {{*ids}, {wrong}};
    EXPECT_NE(encoder->run(with_wrong).error().message.find("text 1: token 1000000"),
              std::string::npos);
    EXPECT_FALSE(encoder->token_states(wrong).ok());
  }
  const auto encoder = open(golden_folder("tiny-bert"), {.threads = 1});
  const std::vector<int32_t> longest(41, 3);
  const TokenSequence sequence{longest};
  EXPECT_EQ(encoder->run({&sequence, 1}).error().message,
            "text 0: 41 tokens, more than the model's 40");
}

TEST(Encoder, NamesTheTextThatIsWrong) {
  const auto encoder = open(golden_folder("tiny-bert"), {.threads = 2});
  std::vector<std::string_view> texts(100, "a");
  texts[70] = "bad \xFF";
  texts[90] = "\xC3";
  const auto result = encoder->encode(texts, Purpose::plain);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::invalid);
  EXPECT_TRUE(result.error().message.starts_with("text 70: ")) << result.error().message;
  const std::string huge(limits::text_bytes + 1, 'a');
  texts[70] = huge;
  EXPECT_EQ(encoder->encode(texts, Purpose::plain).error().code, Code::too_large);
}

TEST(Encoder, OfNoTextsGivesNoVectors) {
  const auto encoder = open(golden_folder("tiny-bert"), {.threads = 2});
  EXPECT_EQ(encoder->encode({}, Purpose::plain)->rows, 0u);
}

TEST(Encoder, RefusesAVocabularyThatDoesNotMatch) {
  const Copy model("tiny-bert");
  model.replace("config.json", "\"vocab_size\": 40", "\"vocab_size\": 39");
  EXPECT_NE(model.refusal().find("tokenizer.json: 40 tokens"), std::string::npos)
      << model.refusal();
}

TEST(Encoder, RefusesWhatItCannotRunByName) {
  struct Case {
    const char *file, *from, *to, *expected;
  };
  const Case cases[] = {
      {"config.json", "\"bert\"", "\"elephant\"", "model_type \"elephant\""},
      {"config.json", "\"hidden_size\": 32", "\"hidden_size\": 0", "hidden_size is 0"},
      {"config.json", "\"hidden_size\": 32", "\"hidden_size\": -32", "hidden_size is -32"},
      {"config.json", "\"hidden_size\": 32", "\"hidden_size\": \"x\"", "hidden_size"},
      {"config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1000000000",
       "num_hidden_layers is 1000000000"},
      {"config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "encoder.layer.2."},
      {"config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", "encoder.layer.1."},
      {"config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5",
       "5 attention heads do not divide hidden_size 32"},
      {"config.json", "\"intermediate_size\": 64", "\"intermediate_size\": 128",
       "shape [64, 32], expected [128, 32]"},
      {"config.json", "\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": -1",
       "layer_norm_eps is -1"},
      {"config.json", "\"gelu\"", "\"mish\"", "hidden_act \"mish\""},
      {"config.json", "\"max_position_embeddings\": 48", "\"max_position_embeddings\": 1",
       "leaves no room"},
      {"modules.json", "models.Normalize", "models.LayerNorm", "models.LayerNorm"},
      {"modules.json", "models.Normalize", "models.Dense", "2_Normalize/config.json: no such file"},
      {"modules.json", "1_Pooling", "../1_Pooling", "leaves the folder"},
      {"1_Pooling/config.json", "pooling_mode_mean_tokens", "pooling_mode_median",
       "pooling_mode_median"},
      {"1_Pooling/config.json", "true", "false", "0 pooling modes"},
      {"1_Pooling/config.json", "\"pooling_mode_mean_tokens\": true",
       "\"pooling_mode\": \"median\"", "median is not supported"},
      {"1_Pooling/config.json", "\"pooling_mode_mean_tokens\": true",
       "\"pooling_mode\": [\"mean\", \"cls\"]", "2 pooling modes"},
      {"sentence_bert_config.json", "40", "0", "max_seq_length is 0"},
      {"sentence_bert_config.json", "false", "true", "do_lower_case"},
      {"config_sentence_transformers.json", "\"prompts\": {}", "\"prompts\": 7", "prompts"},
      {"config_sentence_transformers.json", "\"prompts\": {}", "\"truncate_dim\": 33",
       "truncate_dim is 33, not in 1..32"},
      {"config_sentence_transformers.json", "\"prompts\": {}",
       "\"prompts\": {}, \"default_prompt_name\": \"q\"", "default_prompt_name \"q\""},
  };
  for (const Case& one : cases) {
    const Copy model("tiny-bert");
    model.replace(one.file, one.from, one.to);
    const std::string message = model.refusal();
    EXPECT_NE(message.find(one.expected), std::string::npos) << message;
    EXPECT_NE(message.find(model.path.string()), std::string::npos) << message;
  }
}

TEST(Encoder, SaysWhichFileIsMissing) {
  for (const char* file : {"config.json", "tokenizer.json", "model.safetensors"}) {
    const Copy model("tiny-bert");
    std::filesystem::remove(model.path / file);
    EXPECT_NE(model.refusal().find(file), std::string::npos);
  }
  EXPECT_EQ(open_encoder("/nowhere/model", {}).error().code, Code::not_found);
}

TEST(EncoderModelsSlow, KnowWhatIsAlike) {
  for (const char* name : {"all-minilm-l6-v2", "multilingual-e5-small"}) {
    const Path folder = test_model(name);
    if (folder.empty()) GTEST_SKIP() << "model not installed: " << name;
    const auto encoder = open(folder, {});
    EXPECT_EQ(encoder->dimensions(), 384u);
    const std::string_view texts[] = {"A man is playing a guitar.", "Someone plays the guitar.",
                                      "The stock market fell sharply today."};
    const Matrix vectors = *encoder->encode(texts, Purpose::query);
    EXPECT_GT(cosine(vectors.row(0), vectors.row(1)), cosine(vectors.row(0), vectors.row(2)) + 0.1);
    for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(cosine(vectors.row(i), vectors.row(i)), 1, 1e-6);
  }
}

}  // namespace
}  // namespace penchant

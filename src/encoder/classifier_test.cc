// Heads of every family, and a cross-encoder from text, against tests/golden/heads.py.
#include "encoder/classifier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/test_folder.h"
#include "encoder/golden_test.h"
#include "encoder/head.h"
#include "encoder/safetensors.h"
#include "encoder/transformer_runner.h"
#include "math/kernels.h"

namespace penchant {
namespace {

Path head_folder(const std::string& name) {
  return Path(PENCHANT_SOURCE) / "tests" / "data" / "heads" / name;
}

std::vector<std::string> head_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(head_folder("")))
    if (std::filesystem::exists(entry.path() / "golden.safetensors"))
      names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

Safetensors tensors_of(const Path& path) {
  auto file = Safetensors::open(path);
  EXPECT_TRUE(file.ok()) << file.error().message;
  return *std::move(file);
}

std::unique_ptr<Classifier> open(const std::string& name, const EncoderOptions& options) {
  auto opened = open_classifier(head_folder(name), options);
  EXPECT_TRUE(opened.ok()) << opened.error().message;
  return *std::move(opened);
}

struct TextCase {
  std::vector<std::string> texts;  // one or two
  std::vector<float> logits;
};

std::vector<TextCase> text_cases(const std::string& name) {
  const Path path = head_folder(name) / "golden.json";
  const auto root = parse_json(*read_file(path, 1 << 20), path.string());
  std::vector<TextCase> cases;
  for (const json::value& value : root->as_array()) {
    TextCase one;
    for (const json::value& text : value.at("texts").as_array())
      one.texts.emplace_back(text.as_string());
    for (const json::value& x : value.at("logits").as_array())
      one.logits.push_back(x.to_number<float>());
    cases.push_back(std::move(one));
  }
  return cases;
}

std::vector<TextPair> pairs_of(const std::vector<TextCase>& cases) {
  std::vector<TextPair> pairs;
  for (const TextCase& one : cases) pairs.push_back({one.texts[0], one.texts[1]});
  return pairs;
}

class Heads : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Each, Heads, testing::ValuesIn(head_names()), [](const auto& name) {
  std::string result = name.param;
  std::replace(result.begin(), result.end(), '-', '_');
  return result;
});

TEST_P(Heads, GiveTheLogitsOfTransformersWithEveryKernelTable) {
  const Path folder = head_folder(GetParam());
  const auto config = read_model_config(folder);
  ASSERT_TRUE(config.ok()) << config.error().message;
  const auto head_config = read_head_config(folder);
  ASSERT_TRUE(head_config.ok()) << head_config.error().message;
  const Safetensors golden = tensors_of(folder / "golden.safetensors");
  const auto integers = [&](const char* name) {
    const std::vector<int64_t> wide = *golden.copy_integers(name);
    return std::vector<int32_t>(wide.begin(), wide.end());
  };
  const std::vector<int32_t> ids = integers("ids"), types = integers("types"),
                             begins = integers("begins");
  const std::vector<float> logits =
      *golden.copy_floats("logits", golden.tensors().at("logits").shape);
  const size_t texts = begins.size() - 1, labels = head_config->labels.size();
  ASSERT_EQ(logits.size(), texts * labels);
  std::vector<TokenSequence> sequences;
  for (size_t s = 0; s < texts; ++s) {
    const auto first = static_cast<size_t>(begins[s]), end = static_cast<size_t>(begins[s + 1]);
    sequences.push_back(
        {std::span(ids).subspan(first, end - first), std::span(types).subspan(first, end - first)});
  }
  for (const std::string_view table : kernel_names()) {
    set_kernels(table);
    Safetensors file = tensors_of(folder / "model.safetensors");
    const auto head = ClassificationHead::load(file, *config, *head_config);
    ASSERT_TRUE(head.ok()) << head.error().message;
    auto transformer = Transformer::load(std::move(file), *config, Precision::fp32);
    ASSERT_TRUE(transformer.ok()) << transformer.error().message;
    TransformerRunner runner(*std::move(transformer), *config, 2);
    Matrix out(texts, labels);
    runner.run(sequences, [&](size_t i, std::span<const float> states) {
      head->run(sequences[i].ids, states, out.row(i));
    });
    for (size_t i = 0; i < logits.size(); ++i)
      EXPECT_NEAR(out.values[i], logits[i], 1e-5) << table << " " << i;
  }
  set_kernels(kernel_names().front());
}

TEST(HeadConfigs, SayLabelsAndWhatThePublishedLibrariesMakeOfTheLogits) {
  struct Case {
    const char* name;
    std::vector<std::string> labels;
    ScoreFunction of_texts, of_pairs;
  };
  using enum ScoreFunction;
  const Case cases[] = {
      {"bert", {"sad", "glad", "neither"}, softmax, logits},
      {"roberta", {"sad", "glad", "neither"}, sigmoid, logits},
      {"xlm-roberta", {"LABEL_0"}, sigmoid, sigmoid},
      {"mpnet", {"LABEL_0"}, logits, sigmoid},
      {"distilbert", {"LABEL_0", "LABEL_1"}, softmax, logits},
      {"modernbert-mean", {"LABEL_0"}, sigmoid, logits},
      {"reranker", {"LABEL_0"}, sigmoid, sigmoid},
  };
  for (const Case& one : cases) {
    const auto head = read_head_config(head_folder(one.name));
    ASSERT_TRUE(head.ok()) << head.error().message;
    EXPECT_EQ(head->labels, one.labels) << one.name;
    EXPECT_EQ(head->of_texts, one.of_texts) << one.name;
    EXPECT_EQ(head->of_pairs, one.of_pairs) << one.name;
  }
}

TEST(Classifier, ScoresPairsOfTextsAsTheReferenceInFp32AndNearlyInBytes) {
  const std::vector<TextCase> cases = text_cases("reranker");
  for (const Precision precision : {Precision::fp32, Precision::fast}) {
    const auto reranker = open("reranker", {.precision = precision, .threads = 2});
    EXPECT_EQ(reranker->name(), "reranker");
    EXPECT_EQ(reranker->max_tokens(), 32u);  // of tokenizer_config.json
    const auto raw = reranker->score(pairs_of(cases), ScoreFunction::logits);
    ASSERT_TRUE(raw.ok()) << raw.error().message;
    const auto scores = reranker->score(pairs_of(cases), reranker->function_of_pairs());
    ASSERT_TRUE(scores.ok()) << scores.error().message;
    for (size_t i = 0; i < cases.size(); ++i) {
      EXPECT_NEAR(raw->row(i)[0], cases[i].logits[0], precision == Precision::fp32 ? 1e-5 : 0.1);
      EXPECT_NEAR(scores->row(i)[0], 1 / (1 + std::exp(-raw->row(i)[0])), 1e-6);
    }
  }
}

TEST(Classifier, ClassifiesTextsAsTheReference) {
  const auto moods = open("moods", {.precision = Precision::fp32, .threads = 2});
  EXPECT_EQ(moods->max_tokens(), 48u);  // tokenizer_config.json has no limit
  for (const TextCase& one : text_cases("moods")) {
    const std::vector<std::string_view> views(one.texts.begin(), one.texts.end());
    const TextPair pair{views[0], views.back()};
    const auto scored = [&](ScoreFunction function) {
      return views.size() == 1 ? moods->classify(views, function)
                               : moods->score({&pair, 1}, function);
    };
    const auto raw = scored(ScoreFunction::logits), part = scored(moods->function_of_texts());
    ASSERT_TRUE(raw.ok() && part.ok());
    double sum = 0;
    for (const float logit : one.logits) sum += std::exp(double{logit});
    for (size_t i = 0; i < one.logits.size(); ++i) {
      EXPECT_NEAR(raw->values[i], one.logits[i], 1e-5) << one.texts[0];
      EXPECT_NEAR(part->values[i], std::exp(double{one.logits[i]}) / sum, 1e-5);
    }
  }
}

TEST(Classifier, GivesAPairTheSameBitsAloneAndInEveryBatch) {
  const std::vector<TextCase> cases = text_cases("reranker");
  const auto one = open("reranker", {.threads = 1}), three = open("reranker", {.threads = 3});
  const auto together = three->score(pairs_of(cases), ScoreFunction::logits);
  ASSERT_TRUE(together.ok()) << together.error().message;
  for (size_t i = 0; i < cases.size(); ++i) {
    const TextPair pair{cases[i].texts[0], cases[i].texts[1]};
    const auto alone = one->score({&pair, 1}, ScoreFunction::logits);
    ASSERT_TRUE(alone.ok()) << alone.error().message;
    EXPECT_EQ(alone->row(0)[0], together->row(i)[0]) << i;
  }
}

TEST(Classifier, TellsWhichTextIsWrong) {
  const auto reranker = open("reranker", {.threads = 1});
  const TextPair pairs[] = {{"red", "book"}, {"red", "\xff"}};
  EXPECT_TRUE(
      reranker->score(pairs, ScoreFunction::logits).error().message.starts_with("text 1: "));
  const std::string_view texts[] = {"\xff"};
  EXPECT_TRUE(
      reranker->classify(texts, ScoreFunction::logits).error().message.starts_with("text 0: "));
  const int32_t ids[] = {2, 99}, good[] = {2, 3}, types[] = {0, 2};
  const auto refusal = [&](const TokenSequence& sequence) {
    const auto refused = reranker->run({&sequence, 1});
    return refused.ok() ? "" : refused.error().message;
  };
  EXPECT_NE(refusal({ids}).find("token 99 is not one of"), std::string::npos);
  EXPECT_NE(refusal({{}}).find("has no tokens"), std::string::npos);
  EXPECT_NE(refusal({good, types}).find("token type 2 is not one of"), std::string::npos);
  EXPECT_NE(refusal({good, std::span(types).first(1)}).find("1 types for 2"), std::string::npos);
}

TEST(Classifier, SoftmaxAndSigmoidStandTheLargestLogits) {
  std::vector<float> logits = {1000, 999, -1000};
  to_scores(ScoreFunction::softmax, logits);
  EXPECT_NEAR(logits[0], 0.7310586, 1e-6);
  EXPECT_NEAR(logits[1], 0.2689414, 1e-6);
  EXPECT_EQ(logits[2], 0);
  std::vector<float> wide = {-1000, 0, 1000};
  to_scores(ScoreFunction::sigmoid, wide);
  EXPECT_EQ(wide, (std::vector<float>{0, 0.5f, 1}));
}

// What is wrong with a folder is told in one sentence with its place.
TEST(HeadFolders, RefuseConfigurationsThatContradictThemselvesOrTheWeights) {
  const Damage cases[] = {
      {"config.json", "BertForSequenceClassification", "BertModel",
       "architectures names BertModel, expected one ending in ForSequenceClassification"},
      {"config.json", "\"0\": \"LABEL_0\"", "\"1\": \"LABEL_0\"", "has no label 0"},
      {"config.json", "\"0\": \"LABEL_0\"", "\"0\": \"no\", \"1\": \"yes\"",
       "\"classifier.weight\": shape [1, 32], expected [2, 32]"},
      {"config.json", "\"id2label\"", "\"num_labels\": 3, \"id2label\"",
       "id2label has 1 labels, num_labels says 3"},
      {"config.json", "\"model_type\": \"bert\"", "\"model_type\": \"mpnet\"",
       "no tensor \"classifier.dense.weight\""},
      {"config.json", "activation.Sigmoid", "activation.Mish", "activation_fn"},
      {"config.json", "\"id2label\"", "\"problem_type\": \"ranking\", \"id2label\"",
       "problem_type \"ranking\" is not supported"},
      {"tokenizer_config.json", "32", "1", "model_max_length is 1"},
      {"model.safetensors", "classifier.weight", "classifier.veight",
       "no tensor \"classifier.weight\""},
      {"model.safetensors", "bert.pooler.dense.bias", "bert.pooler.dense.bios",
       "no tensor \"bert.pooler.dense.bias\""},
      {"model.safetensors", "bert.encoder.layer.1.output.dense.bias",
       "classifier.oder.layer.1.output.dense.b", "belongs to no part of this model's head"},
  };
  for (const Damage& one : cases)
    expect_refusal(head_folder("reranker"), one, [](const Path& folder) -> Result<> {
      TRY(open_classifier(folder, {.threads = 1}));
      return {};
    });
}

}  // namespace
}  // namespace penchant

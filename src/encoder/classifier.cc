#include "encoder/classifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "encoder/head.h"
#include "encoder/model_config.h"
#include "encoder/safetensors.h"
#include "encoder/tokenise.h"
#include "encoder/transformer_runner.h"
#include "text/tokenizer.h"

namespace penchant {

namespace {

class TransformerClassifier final : public Classifier {
 public:
  TransformerClassifier(std::string name, ModelConfig config, HeadConfig head_config,
                        Tokenizer tokenizer, ClassificationHead head, Transformer transformer,
                        int threads)
      : name_(std::move(name)),
        config_(std::move(config)),
        head_config_(std::move(head_config)),
        tokenizer_(std::move(tokenizer)),
        head_(std::move(head)),
        runner_(std::move(transformer), config_, threads) {}

  std::string_view name() const override { return name_; }
  const std::vector<std::string>& labels() const override { return head_config_.labels; }
  size_t max_tokens() const override { return config_.max_tokens; }
  const Tokenizer& tokenizer() const override { return tokenizer_; }
  ScoreFunction function_of_texts() const override { return head_config_.of_texts; }
  ScoreFunction function_of_pairs() const override { return head_config_.of_pairs; }

  Result<Matrix> classify(std::span<const std::string_view> texts,
                          ScoreFunction function) override {
    return scores(texts.size(), function, [&](size_t i) {
      return tokenizer_.encode(texts[i], {.max_tokens = max_tokens()});
    });
  }

  Result<Matrix> score(std::span<const TextPair> pairs, ScoreFunction function) override {
    return scores(pairs.size(), function, [&](size_t i) {
      return tokenizer_.encode_pair(pairs[i].first, pairs[i].second, {.max_tokens = max_tokens()});
    });
  }

  Result<> check(std::span<const TokenSequence> sequences) const override {
    TRY(check_sequences(sequences, config_, max_tokens()));
    for (size_t i = 0; i < sequences.size(); ++i)
      if (sequences[i].ids.empty()) return at_text(i, invalid("has no tokens"));
    return {};
  }

  Result<Matrix> run(std::span<const TokenSequence> sequences) override {
    TRY(check(sequences));
    Matrix logits(sequences.size(), labels().size());
    runner_.run(sequences, [&](size_t i, std::span<const float> states) {
      head_.run(sequences[i].ids, states, logits.row(i));
    });
    return logits;
  }

 private:
  template <class Encode>
  Result<Matrix> scores(size_t count, ScoreFunction function, const Encode& encode) {
    std::vector<Encoding> encodings(count);
    TRY(for_each_text(runner_.pool(), count, [&](size_t i) -> Result<> {
      TRY(encodings[i], encode(i));
      return {};
    }));
    std::vector<TokenSequence> sequences;
    sequences.reserve(count);
    for (const Encoding& one : encodings) sequences.push_back({one.ids, one.type_ids});
    TRY(Matrix out, run(sequences));
    for (size_t i = 0; i < out.rows; ++i) to_scores(function, out.row(i));
    return out;
  }

  const std::string name_;
  const ModelConfig config_;
  const HeadConfig head_config_;
  const Tokenizer tokenizer_;
  const ClassificationHead head_;
  TransformerRunner runner_;
};

}  // namespace

void to_scores(ScoreFunction function, std::span<float> logits) {
  if (function == ScoreFunction::sigmoid) activate(DenseActivation::sigmoid, logits);
  if (function != ScoreFunction::softmax) return;
  const float highest = *std::ranges::max_element(logits);
  float sum = 0;
  for (float& value : logits) sum += value = std::exp(value - highest);
  for (float& value : logits) value /= sum;
}

Result<std::unique_ptr<Classifier>> open_classifier(const Path& folder,
                                                    const EncoderOptions& options) {
  TRY(HeadConfig head_config, read_head_config(folder));
  TRY(ModelConfig config, read_model_config(folder));
  TRY(Tokenizer tokenizer, open_tokenizer(folder, config));
  TRY(Safetensors file, Safetensors::open(folder / "model.safetensors"));
  TRY(ClassificationHead head, ClassificationHead::load(file, config, head_config));
  TRY(Transformer transformer, Transformer::load(std::move(file), config, options.precision));
  return std::unique_ptr<Classifier>(std::make_unique<TransformerClassifier>(
      name_of_model(folder), std::move(config), std::move(head_config), std::move(tokenizer),
      std::move(head), std::move(transformer), options.threads));
}

}  // namespace penchant

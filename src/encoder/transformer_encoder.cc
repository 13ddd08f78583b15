#include "encoder/transformer_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/threads.h"
#include "encoder/dense.h"
#include "encoder/gguf_model.h"
#include "encoder/model_config.h"
#include "encoder/pooling.h"
#include "encoder/safetensors.h"
#include "encoder/tokenise.h"
#include "encoder/transformer_runner.h"
#include "math/kernels.h"
#include "text/tokenizer.h"

namespace penchant {

namespace {

// Pooled states to a vector: sentence-transformers' modules, and of that the first numbers.
class VectorModules {
 public:
  static Result<VectorModules> load(const Path& folder, const ModelConfig& config) {
    VectorModules out;
    for (const VectorModule& module : config.modules) {
      if (module.outputs == 0) {
        out.steps_.emplace_back();
        continue;
      }
      TRY(const Safetensors file, Safetensors::open(folder / module.folder / "model.safetensors"));
      const size_t shape[] = {module.outputs, module.inputs};
      TRY(const auto weights, file.copy_floats("linear.weight", shape));
      std::vector<float> bias;
      if (module.bias) {
        TRY(bias, file.copy_floats("linear.bias", std::span(shape).first(1)));
      }
      for (const auto& [name, tensor] : file.tensors())
        if (name != "linear.weight" && !(module.bias && name == "linear.bias"))
          return invalid(fmt::format("{}: belongs to no part of this module", tensor.place));
      out.steps_.emplace_back(
          Dense(weights, module.outputs, module.inputs, bias, module.activation));
    }
    return out;
  }

  // out[dimensions] from states[L, H].
  void run(const ModelConfig& config, std::span<const float> states, size_t unpooled,
           std::span<float> out) const {
    std::vector<float> x(config.hidden), y;
    pool(config.pooling, states, unpooled, x);
    for (const std::optional<Dense>& dense : steps_) {
      if (!dense.has_value()) {
        normalise(x);
        continue;
      }
      y.resize(dense->outputs());
      dense->run(x, y);
      std::swap(x, y);
    }
    std::copy_n(x.begin(), out.size(), out.begin());
  }

  // The same of rows [n, H] that add up to the pooled states: rows [n + 1, dimensions] that add up
  // to the vector, the last of which belongs to none of them.
  Result<Matrix> split(const ModelConfig& config, Matrix parts) const {
    parts.values.resize(++parts.rows * parts.cols);
    for (const std::optional<Dense>& dense : steps_) {
      if (!dense.has_value()) {
        make_length_1(parts);
        continue;
      }
      if (dense->activation() != DenseActivation::identity)
        return invalid(fmt::format("a Dense module with {} stands behind the pooling",
                                   name_of(dense->activation())));
      parts = dense->multiply(parts);
      if (!dense->bias().empty()) axpy(1, dense->bias(), parts.row(parts.rows - 1));
    }
    TRY(shorten(parts, config.dimensions, false));
    return parts;
  }

 private:
  // Of the sum of the rows.
  static void make_length_1(Matrix& parts) {
    std::vector<float> sum(parts.cols);
    for (size_t t = 0; t < parts.rows; ++t) axpy(1, parts.row(t), sum);
    const float length = std::sqrt(dot(sum, sum));
    if (length > 0) scale(1 / length, parts.values);
  }

  std::vector<std::optional<Dense>> steps_;  // without a product: the length is made 1
};

Result<Tensors> open_weights(const Path& model) {
  TRY(const auto gguf, find_gguf(model));
  if (gguf.has_value()) {
    TRY(GgufModel file, GgufModel::open(*gguf));
    return std::move(file).take_tensors();
  }
  TRY(Safetensors file, Safetensors::open(model / "model.safetensors"));
  return Tensors(std::move(file));
}

// As sentence-transformers counts them: those of the prompt alone, less a special one at its end.
Result<size_t> count_prompt_tokens(const Tokenizer& tokenizer, std::string_view prompt,
                                   size_t max_tokens) {
  if (prompt.empty()) return size_t{0};
  TRY(const auto ids, tokenizer.encode_ids(prompt, {.max_tokens = max_tokens}));
  return ids.size() - (!ids.empty() && tokenizer.is_special(ids.back()) ? 1 : 0);
}

struct PromptTokens {
  size_t plain = 0, query = 0, passage = 0;
};

Result<PromptTokens> count_unpooled(const ModelConfig& config, const Tokenizer& tokenizer) {
  PromptTokens out;
  if (config.include_prompt) return out;
  const size_t most = config.max_tokens;
  TRY(out.plain, count_prompt_tokens(tokenizer, config.prompt_plain, most));
  TRY(out.query, count_prompt_tokens(tokenizer, config.prompt_query, most));
  TRY(out.passage, count_prompt_tokens(tokenizer, config.prompt_passage, most));
  return out;
}

class TransformerEncoder final : public Encoder {
 public:
  TransformerEncoder(std::string name, ModelConfig config, Tokenizer tokenizer,
                     const PromptTokens& unpooled, VectorModules modules, Transformer transformer,
                     int threads)
      : name_(std::move(name)),
        config_(std::move(config)),
        tokenizer_(std::move(tokenizer)),
        unpooled_(unpooled),
        modules_(std::move(modules)),
        runner_(std::move(transformer), config_, threads) {}

  std::string_view name() const override { return name_; }
  size_t dimensions() const override { return config_.dimensions; }
  size_t max_tokens() const override { return config_.max_tokens; }
  const Tokenizer* tokenizer() const override { return &tokenizer_; }

  std::string_view prompt(Purpose purpose) const override {
    if (purpose == Purpose::query) return config_.prompt_query;
    return purpose == Purpose::passage ? config_.prompt_passage : config_.prompt_plain;
  }
  size_t unpooled_tokens(Purpose purpose) const override {
    if (purpose == Purpose::query) return unpooled_.query;
    return purpose == Purpose::passage ? unpooled_.passage : unpooled_.plain;
  }
  bool adds_special_tokens() const override { return true; }

  Result<Matrix> encode(std::span<const std::string_view> texts, Purpose purpose) override {
    TRY(const auto ids, tokenise(tokenizer_, texts, prompt(purpose),
                                 {.max_tokens = config_.max_tokens}, runner_.pool()));
    std::vector<TokenSequence> sequences;
    sequences.reserve(ids.size());
    for (const auto& text : ids)
      sequences.push_back({.ids = text, .unpooled = unpooled_tokens(purpose)});
    TRY(Matrix vectors, run(sequences));
    for (size_t i = 0; i < vectors.rows; ++i) normalise(vectors.row(i));
    return vectors;
  }

  Result<TokenisedText> read(std::string_view text, Purpose purpose) const override {
    const std::string_view prompt = this->prompt(purpose);
    TRY(Encoding encoding,
        tokenizer_.encode(std::string(prompt).append(text), {.max_tokens = config_.max_tokens}));
    TokenisedText out{.ids = std::move(encoding.ids), .unpooled = unpooled_tokens(purpose)};
    const auto behind = [&](uint32_t at) {
      return at > prompt.size() ? at - static_cast<uint32_t>(prompt.size()) : 0;
    };
    for (size_t t = 0; t < out.ids.size(); ++t) {
      const Span place = encoding.offsets[t];
      const bool is_added = encoding.sequence_ids[t] < 0;
      out.places.push_back(is_added ? Span() : Span{behind(place.begin), behind(place.end)});
    }
    return out;
  }

  Result<> check(std::span<const TokenSequence> sequences) const override {
    return check_sequences(sequences, config_, config_.max_tokens);
  }

  Result<Matrix> run(std::span<const TokenSequence> sequences) override {
    TRY(check(sequences));
    Matrix vectors(sequences.size(), config_.dimensions);  // of an empty text it stays zero
    runner_.run(sequences, [&](size_t i, std::span<const float> states) {
      modules_.run(config_, states, sequences[i].unpooled, vectors.row(i));
    });
    return vectors;
  }

  Result<Matrix> token_states(TokenIds text) override { return states_of({text}); }

  Result<Matrix> token_parts(const TokenSequence& text) override {
    if (text.ids.empty()) return Matrix(1, config_.dimensions);
    TRY(Matrix states, states_of(text));
    if (!split_pool(config_.pooling, text.unpooled, states))
      return no_sum(invalid("the model pools by one token"));
    auto parts = modules_.split(config_, std::move(states));
    if (!parts.ok()) return no_sum(parts.error());
    return parts;
  }

 private:
  Result<Matrix> states_of(const TokenSequence& text) {
    TRY(check({&text, 1}));
    Matrix all(text.ids.size(), config_.hidden);
    runner_.run({&text, 1}, [&](size_t, std::span<const float> states) {
      std::ranges::copy(states, all.values.begin());
    });
    return all;
  }

  Error no_sum(const Error& why) const {
    return {why.code, fmt::format("the vectors of {} are no sums over the words of a text ({})",
                                  name_, why.message)};
  }

  const std::string name_;
  const ModelConfig config_;
  const Tokenizer tokenizer_;
  const PromptTokens unpooled_;
  const VectorModules modules_;
  TransformerRunner runner_;
};

Result<Transformer> load_transformer(const Path& model, const ModelConfig& config,
                                     Precision precision) {
  TRY(Tensors file, open_weights(model));
  return Transformer::load(std::move(file), config, precision);
}

}  // namespace

Result<std::unique_ptr<Encoder>> open_transformer_encoder(const Path& model, std::string name,
                                                          const EncoderOptions& options) {
  TRY(ModelConfig config, read_model_config(model));
  // Vocabulary and weights take about as long: beside each other.
  std::optional<Result<Tokenizer>> tokenizer;
  std::optional<Result<Transformer>> transformer;
  ThreadPool pool(options.threads == 1 ? 1 : 2);
  pool.parallel_for(2, [&](size_t part, int) {
    if (part == 0)
      tokenizer.emplace(open_tokenizer(model, config));
    else
      transformer.emplace(load_transformer(model, config, options.precision));
  });
  if (!tokenizer->ok()) return std::move(*tokenizer).error();
  TRY(const PromptTokens unpooled, count_unpooled(config, **tokenizer));
  TRY(VectorModules modules, VectorModules::load(model, config));
  if (!transformer->ok()) return std::move(*transformer).error();
  return std::unique_ptr<Encoder>(std::make_unique<TransformerEncoder>(
      std::move(name), std::move(config), **std::move(tokenizer), unpooled, std::move(modules),
      **std::move(transformer), options.threads));
}

}  // namespace penchant

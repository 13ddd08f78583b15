#include "encoder/transformer_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "base/mutex.h"
#include "base/threads.h"
#include "base/utf8.h"
#include "encoder/model_config.h"
#include "encoder/pooling.h"
#include "encoder/safetensors.h"
#include "encoder/tokenise.h"
#include "encoder/transformer.h"
#include "text/tokenizer.h"

namespace penchant {

namespace {

// Tokens a batch may hold: enough rows for the products to run at full speed, few enough for its
// states to stay in the second cache.
constexpr size_t batch_tokens_max = 512;
constexpr size_t batch_tokens_min = 64;

// Texts by falling length, cut into runs within the budget: the work of a batch is even, and the
// long ones, which balance worst, start first. Values are positions of `texts`.
std::vector<std::vector<size_t>> make_batches(std::span<const TokenIds> texts, size_t threads) {
  std::vector<size_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return texts[a].size() > texts[b].size(); });
  size_t total = 0;
  for (const TokenIds ids : texts) total += ids.size();
  const size_t budget =
      std::clamp((total + threads - 1) / threads, batch_tokens_min, batch_tokens_max);
  std::vector<std::vector<size_t>> batches;
  size_t tokens = budget;
  for (const size_t text : order) {
    if (texts[text].empty()) break;  // and all behind it: their vectors stay zero
    if (tokens + texts[text].size() > budget) {
      batches.emplace_back();
      tokens = 0;
    }
    tokens += texts[text].size();
    batches.back().push_back(text);
  }
  return batches;
}

class TransformerEncoder final : public Encoder {
 public:
  TransformerEncoder(std::string name, ModelConfig config, Tokenizer tokenizer,
                     Transformer transformer, int threads)
      : name_(std::move(name)),
        config_(std::move(config)),
        tokenizer_(std::move(tokenizer)),
        transformer_(std::move(transformer)),
        pool_(threads),
        workspaces_(static_cast<size_t>(threads)) {}

  std::string_view name() const override { return name_; }
  size_t dimensions() const override { return config_.hidden; }
  size_t max_tokens() const override { return config_.max_tokens; }
  const Tokenizer* tokenizer() const override { return &tokenizer_; }

  std::string_view prompt(Purpose purpose) const override {
    if (purpose == Purpose::query) return config_.prompt_query;
    return purpose == Purpose::passage ? config_.prompt_passage : config_.prompt_plain;
  }
  bool adds_special_tokens() const override { return true; }

  Result<Matrix> encode(std::span<const std::string_view> texts, Purpose purpose) override {
    const MutexLock turn(mutex_);
    TRY(const auto ids,
        tokenise(tokenizer_, texts, prompt(purpose), {.max_tokens = config_.max_tokens}, pool_));
    return encode_all({ids.begin(), ids.end()});
  }

  Result<Matrix> encode_ids(std::span<const TokenIds> texts) override {
    TRY(check_ids(texts, config_.vocabulary, config_.max_tokens));
    const MutexLock turn(mutex_);
    return encode_all({texts.begin(), texts.end()});
  }

  Result<Matrix> token_states(TokenIds text) override {
    TRY(check_ids({&text, 1}, config_.vocabulary, config_.max_tokens));
    Matrix states(text.size(), config_.hidden);
    if (text.empty()) return states;
    const MutexLock turn(mutex_);
    Workspace& work = workspaces_.front();
    transformer_.forward({{text.begin(), text.end()}, {0, text.size()}}, work);
    std::copy_n(work.x.data(), states.values.size(), states.values.begin());
    return states;
  }

  std::vector<float> token_weights(size_t tokens) const override {
    return pool_weights(config_.pooling, tokens);
  }

 private:
  Matrix encode_all(const std::vector<TokenIds>& ids) REQUIRES(mutex_) {
    const auto batches = make_batches(ids, workspaces_.size());
    Matrix vectors(ids.size(), config_.hidden);
    Workspace* const workspaces = workspaces_.data();
    pool_.parallel_for(batches.size(), [&](size_t batch, int worker) {
      run(batches[batch], ids, workspaces[worker], vectors);
    });
    return vectors;
  }

  void run(std::span<const size_t> texts, std::span<const TokenIds> ids, Workspace& work,
           Matrix& vectors) const {
    TokenBatch batch{{}, {0}};
    for (const size_t text : texts) {
      batch.ids.insert(batch.ids.end(), ids[text].begin(), ids[text].end());
      batch.begins.push_back(batch.ids.size());
    }
    transformer_.forward(batch, work);
    const size_t H = config_.hidden;
    for (size_t i = 0; i < texts.size(); ++i)
      pool(config_.pooling, {work.x.data() + batch.begins[i] * H, ids[texts[i]].size() * H},
           vectors.row(texts[i]));
  }

  const std::string name_;
  const ModelConfig config_;
  const Tokenizer tokenizer_;
  const Transformer transformer_;
  Mutex mutex_;
  ThreadPool pool_;
  std::vector<Workspace> workspaces_ GUARDED_BY(mutex_);
};

}  // namespace

Result<std::unique_ptr<Encoder>> open_transformer_encoder(const Path& folder, std::string name,
                                                          const EncoderOptions& options) {
  TRY(ModelConfig config, read_model_config(folder));
  TRY(Tokenizer tokenizer, Tokenizer::open(folder / "tokenizer.json"));
  if (tokenizer.vocabulary_size() > config.vocabulary)
    return invalid(fmt::format("{}: {} tokens, but config.json has a vocab_size of {}",
                               (folder / "tokenizer.json").string(), tokenizer.vocabulary_size(),
                               config.vocabulary));
  TRY(Safetensors file, Safetensors::open(folder / "model.safetensors"));
  TRY(Transformer transformer, Transformer::load(std::move(file), config, options.precision));
  const int threads = options.threads > 0 ? options.threads : hardware_threads();
  return std::unique_ptr<Encoder>(std::make_unique<TransformerEncoder>(
      std::move(name), std::move(config), std::move(tokenizer), std::move(transformer), threads));
}

}  // namespace penchant

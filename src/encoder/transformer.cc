// Tensor letters: T tokens of the batch, H hidden.
#include "encoder/transformer.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "encoder/safetensors.h"
#include "encoder/weights.h"
#include "math/kernels.h"
#include "math/matmul.h"
#include "math/products.h"

namespace penchant {

namespace {

// Rows whose wide inner states are computed and used at once, to stay in the second cache.
constexpr size_t wide_rows = 64;

template <class Linear>
struct Layer {
  Linear qkv, attention_output, intermediate, output;
  NormWeights attention_norm, output_norm;

  // `number`: nothing for floats.
  template <class... Number>
  Layer(LayerWeights w, const ModelConfig& c, Number... number)
      : qkv(w.qkv.weights, 3 * c.hidden, c.hidden, w.qkv.bias, number...),
        attention_output(w.attention_output.weights, c.hidden, c.hidden, w.attention_output.bias,
                         number...),
        intermediate(w.intermediate.weights, c.intermediate, c.hidden, w.intermediate.bias,
                     number...),
        output(w.output.weights, c.hidden, c.intermediate, w.output.bias, number...),
        attention_norm(std::move(w.attention_norm)),
        output_norm(std::move(w.output_norm)) {}
};

// Attention in bfloat16, where the processor has it.
bool halves_attention(const ModelConfig& config) {
  return products().attend != nullptr && config.hidden / config.heads % 32 == 0 &&
         config.hidden % 64 == 0;
}

void scale_queries(DenseWeights& qkv, const ModelConfig& config) {
  const size_t H = config.hidden;
  const float factor =
      1.44269504f / std::sqrt(static_cast<float>(H / config.heads));  // log2(e) / sqrt(D)
  kernels().scale(factor, qkv.weights.data(), H * H);
  kernels().scale(factor, qkv.bias.data(), H);
}

}  // namespace

struct Transformer::State {
  Safetensors file;
  ModelConfig config;
  EmbeddingWeights embeddings;
  Number number = Number::bytes;                 // of packed layers
  std::vector<Layer<FloatLinear>> float_layers;  // one of the two is empty
  std::vector<Layer<PackedLinear>> packed_layers;

  void embed(const TokenBatch& batch, float* x) const;
  void attend_all(const TokenBatch& batch, const float* qkv, float* context, Workspace& work) const;
  void attend_all_halves(const TokenBatch& batch, const uint16_t* qkv, float* context,
                         Workspace& work) const;
  void norm(const NormWeights& weights, float* row) const;
  void run_float(const TokenBatch& batch, Workspace& work) const;
  void run_packed(const TokenBatch& batch, Workspace& work) const;
};

Transformer::Transformer(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Transformer::Transformer(Transformer&&) noexcept = default;
Transformer& Transformer::operator=(Transformer&&) noexcept = default;
Transformer::~Transformer() = default;

Result<Transformer> Transformer::load(Safetensors file, const ModelConfig& config,
                                      Precision precision) {
  auto state = std::make_unique<State>();
  state->file = std::move(file);
  state->config = config;
  if (precision == Precision::bf16 && products().halves == nullptr) precision = Precision::fp32;
  state->number = precision == Precision::bf16 ? Number::halves : Number::bytes;
  WeightReader reader(state->file, state->config);
  TRY(state->embeddings, reader.embeddings());
  for (size_t i = 0; i < config.layers; ++i) {
    TRY(LayerWeights weights, reader.layer(i));
    if (precision == Precision::fp32) {
      state->float_layers.emplace_back(std::move(weights), config);
    } else {
      if (halves_attention(config)) scale_queries(weights.qkv, config);
      state->packed_layers.emplace_back(std::move(weights), config, state->number);
    }
  }
  TRY(reader.check_nothing_left());
  return Transformer(std::move(state));
}

void Transformer::forward(const TokenBatch& batch, Workspace& work) const {
  state_->embed(batch, work.x.room(batch.ids.size() * state_->config.hidden));
  if (!state_->float_layers.empty())
    state_->run_float(batch, work);
  else
    state_->run_packed(batch, work);
}

void Transformer::State::run_float(const TokenBatch& batch, Workspace& work) const {
  const size_t T = batch.ids.size(), H = config.hidden, wide = config.intermediate;
  float* x = work.x.data();
  float* y = work.y.room(T * H);
  float* qkv = work.qkv.room(T * 3 * H);
  float* context = work.context.room(T * H);
  float* inner = work.wide.room(wide_rows * wide);
  const auto add_and_norm = [&](const NormWeights& weights, size_t begin, size_t end) {
    kernels().axpy(1, y + begin * H, x + begin * H, (end - begin) * H);
    for (size_t t = begin; t < end; ++t) norm(weights, x + t * H);
  };
  for (const auto& layer : float_layers) {
    layer.qkv.run(x, H, T, qkv, 3 * H);
    attend_all(batch, qkv, context, work);
    layer.attention_output.run(context, H, T, y, H);
    add_and_norm(layer.attention_norm, 0, T);
    for (size_t t = 0; t < T; t += wide_rows) {
      const size_t rows = std::min(wide_rows, T - t);
      layer.intermediate.run(x + t * H, H, rows, inner, wide);
      kernels().gelu(inner, rows * wide);
      layer.output.run(inner, wide, rows, y + t * H, H);
      add_and_norm(layer.output_norm, t, t + rows);
    }
  }
}

// The same with products of bytes or bfloat16: whatever enters one is rounded as soon as it is
// known, to bytes with a step for each row.
void Transformer::State::run_packed(const TokenBatch& batch, Workspace& work) const {
  const size_t T = batch.ids.size(), H = config.hidden, wide = config.intermediate;
  float* x = work.x.data();
  float* context = work.context.room(T * H);
  work.x_rows.reshape(T, H, number);
  work.context_rows.reshape(T, H, number);
  work.wide_rows.reshape(wide_rows, wide, number);
  const auto norm_and_round = [&](const NormWeights& weights, size_t begin, size_t end) {
    for (size_t t = begin; t < end; ++t) {
      norm(weights, x + t * H);
      work.x_rows.set(t, x + t * H);
    }
  };
  for (size_t t = 0; t < T; ++t) work.x_rows.set(t, x + t * H);
  for (const auto& layer : packed_layers) {
    if (halves_attention(config)) {
      uint16_t* qkv = work.qkv_halves.room((T + 31) * 3 * H);
      layer.qkv.run_halves(work.x_rows, 0, T, qkv, 3 * H, work.packed);
      attend_all_halves(batch, qkv, context, work);
    } else {
      float* qkv = work.qkv.room(T * 3 * H);
      layer.qkv.run(work.x_rows, 0, T, qkv, 3 * H, work.packed);
      attend_all(batch, qkv, context, work);
    }
    for (size_t t = 0; t < T; ++t) work.context_rows.set(t, context + t * H);
    layer.attention_output.run_add(work.context_rows, 0, T, x, H, work.packed);
    norm_and_round(layer.attention_norm, 0, T);
    for (size_t t = 0; t < T; t += wide_rows) {
      const size_t rows = std::min(wide_rows, T - t);
      layer.intermediate.run_gelu(work.x_rows, t, rows, work.wide_rows, work.packed);
      layer.output.run_add(work.wide_rows, 0, rows, x + t * H, H, work.packed);
      norm_and_round(layer.output_norm, t, t + rows);
    }
  }
}

void Transformer::State::attend_all_halves(const TokenBatch& batch, const uint16_t* qkv,
                                           float* context, Workspace& work) const {
  const size_t H = config.hidden, D = H / config.heads;
  for (size_t s = 0; s + 1 < batch.begins.size(); ++s) {
    const size_t begin = batch.begins[s], length = batch.begins[s + 1] - begin;
    const size_t padded = (length + 31) / 32 * 32;
    products().attend({qkv + begin * 3 * H, length, config.heads, D, context + begin * H,
                       work.keys.room(padded * D), work.values.room(padded * D),
                       work.scores.room(32 * padded), work.weights.room(32 * padded),
                       work.sums.room(32 * D)});
  }
}

// x[T, H] = norm(word + position + type). RoBERTa counts positions from the row behind its padding
// token's; should that token stand in a text, it takes its own row and is not counted.
void Transformer::State::embed(const TokenBatch& batch, float* x) const {
  const size_t H = config.hidden;
  for (size_t s = 0; s + 1 < batch.begins.size(); ++s) {
    const size_t begin = batch.begins[s], end = batch.begins[s + 1];
    CHECK(end > begin && end - begin <= config.positions - config.position_offset,
          "sequences fit the position table");
    size_t next = config.position_offset;
    for (size_t t = begin; t < end; ++t) {
      float* row = x + t * H;
      const auto id = static_cast<size_t>(batch.ids[t]);
      CHECK(id < config.vocabulary, "ids are in the vocabulary");
      read_floats(*embeddings.words, id * H, H, row);
      const bool is_padding = id + 1 == config.position_offset;
      const size_t position = is_padding ? id : next++;
      kernels().axpy(1, embeddings.positions.data() + position * H, row, H);
      norm(embeddings.norm, row);
    }
  }
}

void Transformer::State::norm(const NormWeights& weights, float* row) const {
  kernels().layer_norm(row, weights.gamma.data(), weights.beta.data(), config.epsilon,
                       config.hidden, row);
}

void Transformer::State::attend_all(const TokenBatch& batch, const float* qkv, float* context,
                                    Workspace& work) const {
  const size_t H = config.hidden;
  for (size_t s = 0; s + 1 < batch.begins.size(); ++s) {
    const size_t begin = batch.begins[s];
    attend(qkv + begin * 3 * H, batch.begins[s + 1] - begin, H, config.heads, context + begin * H,
           work.attention);
  }
}

}  // namespace penchant

// Tensor letters: T tokens of the batch, H hidden.
#include "encoder/transformer.h"

#include <algorithm>

#include "base/check.h"
#include "encoder/safetensors.h"
#include "encoder/weights.h"
#include "math/kernels.h"
#include "math/matmul.h"

namespace penchant {

namespace {

// Rows whose wide inner states are computed and used at once, to stay in the second cache.
constexpr size_t wide_rows = 64;

template <class Linear>
struct Layer {
  Linear qkv, attention_output, intermediate, output;
  NormWeights attention_norm, output_norm;

  Layer(LayerWeights w, const ModelConfig& c)
      : qkv(w.qkv.weights, 3 * c.hidden, c.hidden, w.qkv.bias),
        attention_output(w.attention_output.weights, c.hidden, c.hidden, w.attention_output.bias),
        intermediate(w.intermediate.weights, c.intermediate, c.hidden, w.intermediate.bias),
        output(w.output.weights, c.hidden, c.intermediate, w.output.bias),
        attention_norm(std::move(w.attention_norm)),
        output_norm(std::move(w.output_norm)) {}
};

}  // namespace

struct Transformer::State {
  Safetensors file;
  ModelConfig config;
  EmbeddingWeights embeddings;
  std::vector<Layer<FloatLinear>> float_layers;  // one of the two is empty
  std::vector<Layer<ByteLinear>> byte_layers;

  void embed(const TokenBatch& batch, float* x) const;
  void attend_all(const TokenBatch& batch, const float* qkv, float* context, Workspace& work) const;
  void norm(const NormWeights& weights, float* row) const;
  void run_float(const TokenBatch& batch, Workspace& work) const;
  void run_bytes(const TokenBatch& batch, Workspace& work) const;
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
  WeightReader reader(state->file, state->config);
  TRY(state->embeddings, reader.embeddings());
  for (size_t i = 0; i < config.layers; ++i) {
    TRY(LayerWeights weights, reader.layer(i));
    if (precision == Precision::fp32)
      state->float_layers.emplace_back(std::move(weights), config);
    else
      state->byte_layers.emplace_back(std::move(weights), config);
  }
  TRY(reader.check_nothing_left());
  return Transformer(std::move(state));
}

void Transformer::forward(const TokenBatch& batch, Workspace& work) const {
  state_->embed(batch, work.x.room(batch.ids.size() * state_->config.hidden));
  if (!state_->float_layers.empty())
    state_->run_float(batch, work);
  else
    state_->run_bytes(batch, work);
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

// The same with products of bytes: whatever enters one is rounded to bytes, each row with a step of
// its own, as soon as it is known.
void Transformer::State::run_bytes(const TokenBatch& batch, Workspace& work) const {
  const size_t T = batch.ids.size(), H = config.hidden, wide = config.intermediate;
  float* x = work.x.data();
  float* qkv = work.qkv.room(T * 3 * H);
  float* context = work.context.room(T * H);
  work.x_bytes.reshape(T, H, byte_layers[0].qkv.tiled());
  work.context_bytes.reshape(T, H, byte_layers[0].attention_output.tiled());
  work.wide_bytes.reshape(wide_rows, wide, byte_layers[0].output.tiled());
  const auto norm_and_round = [&](const NormWeights& weights, size_t begin, size_t end) {
    for (size_t t = begin; t < end; ++t) {
      norm(weights, x + t * H);
      work.x_bytes.set(t, x + t * H);
    }
  };
  for (size_t t = 0; t < T; ++t) work.x_bytes.set(t, x + t * H);
  for (const auto& layer : byte_layers) {
    layer.qkv.run(work.x_bytes, 0, T, qkv, 3 * H, work.bytes);
    attend_all(batch, qkv, context, work);
    for (size_t t = 0; t < T; ++t) work.context_bytes.set(t, context + t * H);
    layer.attention_output.run_add(work.context_bytes, 0, T, x, H, work.bytes);
    norm_and_round(layer.attention_norm, 0, T);
    for (size_t t = 0; t < T; t += wide_rows) {
      const size_t rows = std::min(wide_rows, T - t);
      layer.intermediate.run_gelu(work.x_bytes, t, rows, work.wide_bytes, work.bytes);
      layer.output.run_add(work.wide_bytes, 0, rows, x + t * H, H, work.bytes);
      norm_and_round(layer.output_norm, t, t + rows);
    }
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

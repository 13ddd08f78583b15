// Tensor letters: T tokens of the batch, L tokens of one sequence, H hidden, D = H / heads.
#include "encoder/transformer.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "encoder/safetensors.h"
#include "encoder/weights.h"
#include "math/kernels.h"
#include "math/matmul.h"

namespace penchant {

namespace {

struct Layer {
  FloatLinear qkv, attention_output, intermediate, output;
  NormWeights attention_norm, output_norm;

  explicit Layer(LayerWeights w, const ModelConfig& c)
      : qkv(w.qkv.weights, 3 * c.hidden, c.hidden, w.qkv.bias),
        attention_output(w.attention_output.weights, c.hidden, c.hidden, w.attention_output.bias),
        intermediate(w.intermediate.weights, c.intermediate, c.hidden, w.intermediate.bias),
        output(w.output.weights, c.hidden, c.intermediate, w.output.bias),
        attention_norm(std::move(w.attention_norm)),
        output_norm(std::move(w.output_norm)) {}
};

float* room(std::vector<float>& buffer, size_t size) {
  if (buffer.size() < size) buffer.resize(size);
  return buffer.data();
}

}  // namespace

struct Transformer::State {
  Safetensors file;
  ModelConfig config;
  EmbeddingWeights embeddings;
  std::vector<Layer> layers;

  void embed(const TokenBatch& batch, float* x) const;
  void attend(const TokenBatch& batch, const float* qkv, float* context, Workspace& work) const;
  void add_and_norm(const NormWeights& norm, const float* y, float* x, size_t rows) const;
};

Transformer::Transformer(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Transformer::Transformer(Transformer&&) noexcept = default;
Transformer& Transformer::operator=(Transformer&&) noexcept = default;
Transformer::~Transformer() = default;

Result<Transformer> Transformer::load(Safetensors file, const ModelConfig& config,
                                      Precision /*precision*/) {
  auto state = std::make_unique<State>();
  state->file = std::move(file);
  state->config = config;
  WeightReader reader(state->file, state->config);
  TRY(state->embeddings, reader.embeddings());
  for (size_t i = 0; i < config.layers; ++i) {
    TRY(LayerWeights weights, reader.layer(i));
    state->layers.emplace_back(std::move(weights), config);
  }
  TRY(reader.check_nothing_left());
  return Transformer(std::move(state));
}

void Transformer::forward(const TokenBatch& batch, Workspace& work) const {
  const State& state = *state_;
  const size_t T = batch.ids.size(), H = state.config.hidden, wide = state.config.intermediate;
  float* x = room(work.x, T * H);
  float* y = room(work.y, T * H);
  float* qkv = room(work.qkv, T * 3 * H);
  float* context = room(work.context, T * H);
  float* inner = room(work.wide, T * wide);
  state.embed(batch, x);
  for (const Layer& layer : state.layers) {
    layer.qkv.run(x, H, T, qkv, 3 * H);
    state.attend(batch, qkv, context, work);
    layer.attention_output.run(context, H, T, y, H);
    state.add_and_norm(layer.attention_norm, y, x, T);
    layer.intermediate.run(x, H, T, inner, wide);
    kernels().gelu(inner, T * wide);
    layer.output.run(inner, wide, T, y, H);
    state.add_and_norm(layer.output_norm, y, x, T);
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
      kernels().layer_norm(row, embeddings.norm.gamma.data(), embeddings.norm.beta.data(),
                           config.epsilon, H, row);
    }
  }
}

// x = norm(x + y), row by row
void Transformer::State::add_and_norm(const NormWeights& norm, const float* y, float* x,
                                      size_t rows) const {
  const size_t H = config.hidden;
  for (size_t r = 0; r < rows; ++r) {
    kernels().axpy(1, y + r * H, x + r * H, H);
    kernels().layer_norm(x + r * H, norm.gamma.data(), norm.beta.data(), config.epsilon, H,
                         x + r * H);
  }
}

// context[T, H] = softmax(Q K^T / sqrt D) V for every sequence and head. Queries go in blocks, so
// the scores stay small for long texts.
void Transformer::State::attend(const TokenBatch& batch, const float* qkv, float* context,
                                Workspace& work) const {
  constexpr size_t block = 48;
  const Kernels& k = kernels();
  const size_t H = config.hidden, D = H / config.heads, stride = 3 * H;
  const float factor = 1 / std::sqrt(static_cast<float>(D));
  for (size_t s = 0; s + 1 < batch.begins.size(); ++s) {
    const size_t begin = batch.begins[s], L = batch.begins[s + 1] - begin;
    float* keys = room(work.keys, packed_size(k, D, L));
    float* values = room(work.values, packed_size(k, L, D));
    float* scores = room(work.scores, block * L);
    for (size_t head = 0; head < config.heads; ++head) {
      const float* q = qkv + begin * stride + head * D;
      pack(k, q + H, 1, stride, D, L, keys);
      pack(k, q + 2 * H, stride, 1, L, D, values);
      for (size_t row = 0; row < L; row += block) {
        const size_t rows = std::min(block, L - row);
        k.matmul(q + row * stride, stride, keys, nullptr, rows, D, L, scores, L);
        for (size_t r = 0; r < rows; ++r) k.softmax(scores + r * L, L, factor);
        k.matmul(scores, L, values, nullptr, rows, L, D, context + (begin + row) * H + head * D, H);
      }
    }
  }
}

}  // namespace penchant

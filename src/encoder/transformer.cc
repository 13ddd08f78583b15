// Tensor letters: T tokens of the batch, H hidden.
#include "encoder/transformer.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/random.h"
#include "encoder/smoothing.h"
#include "encoder/tensors.h"
#include "encoder/weights.h"
#include "math/kernels.h"
#include "math/matmul.h"
#include "math/products.h"

namespace penchant {

namespace {

// Random tokens whose states smooth the columns of bytes: what stands out does so in every text.
constexpr size_t sample_tokens = 32;

// What a part of a pass is worth its thread for: rows that keep products busy, and multiply-adds.
constexpr size_t part_rows_min = 8, part_work_min = 50'000'000;

// Rows whose wide inner states are computed and used at once, to stay in the second cache.
constexpr size_t wide_rows = 64;

FloatLinear make_linear(const DenseWeights& w, size_t n, size_t k) {
  return w.rows.empty() ? FloatLinear(w.weights, n, k, w.bias)
                        : FloatLinear(w.floats(k), n, k, w.bias);
}

PackedLinear make_linear(const DenseWeights& w, size_t n, size_t k, Number number,
                         int zero = plain_zero) {
  if (w.rows.empty()) return PackedLinear(w.weights, n, k, w.bias, number, zero);
  if (number == Number::bytes) return PackedLinear(w.rows, w.scales, k, w.bias, zero);
  return PackedLinear(w.floats(k), n, k, w.bias, number, zero);
}

template <class Linear>
struct Layer {
  Linear qkv, attention_output, intermediate, output;
  NormWeights query_norm, key_norm, attention_norm, output_norm;

  // `number`: nothing for floats, the kind of packed ones.
  template <class... Kind>
  Layer(const LayerWeights& w, const ModelConfig& c, Kind... number)
      : qkv(make_linear(w.qkv, c.qkv_size(), c.hidden, number...)),
        attention_output(make_linear(w.attention_output, c.hidden, c.heads_size(), number...)),
        intermediate(make_linear(w.intermediate, c.inner_size(), c.hidden, number...)),
        output(make_linear(w.output, c.hidden, c.intermediate, number..., behind_gelu(number)...)),
        query_norm(w.query_norm),
        key_norm(w.key_norm),
        attention_norm(w.attention_norm),
        output_norm(w.output_norm) {}

  static int behind_gelu(Number /*number*/) { return gelu_zero; }
};

struct PackedLayer : Layer<PackedLinear> {
  std::vector<float> qkv_factors, intermediate_factors;  // of what these read; empty: ones

  PackedLayer(const LayerWeights& w, const ModelConfig& c, Number number) : Layer(w, c, number) {}
};

const float* or_null(const std::vector<float>& factors) {
  return factors.empty() ? nullptr : factors.data();
}

TokenBatch random_sample(const ModelConfig& config) {
  TokenBatch sample{{}, {0, std::min(sample_tokens, config.length_max())}};
  Random random{1};
  for (size_t i = 0; i < sample.begins[1]; ++i)
    sample.ids.push_back(static_cast<int32_t>(random.below(config.vocabulary)));
  return sample;
}

// Shapes that attention in bfloat16 takes.
bool fits_halves(const ModelConfig& config) {
  return config.head_size % 32 == 0 && config.heads_size() % 64 == 0;
}

constexpr float log2_e = 1.44269504f;

// Attention in bfloat16 wants queries times this, log2(e) / sqrt(D).
float query_factor(const ModelConfig& config) {
  return log2_e / std::sqrt(static_cast<float>(config.head_size));
}

void scale_queries(DenseWeights& qkv, const ModelConfig& config) {
  const size_t A = config.heads_size();
  qkv.to_floats(config.hidden);
  kernels().scale(query_factor(config), qkv.weights.data(), A * config.hidden);
  kernels().scale(query_factor(config), qkv.bias.data(), A);
}

}  // namespace

struct Transformer::State {
  Tensors file;
  ModelConfig config;
  EmbeddingWeights embeddings;
  FloatLinear projection;         // of word vectors that are not H wide
  Number number = Number::bytes;  // of packed layers
  // Attention in bfloat16, or null: chosen with the weights, whose queries are scaled for it.
  void (*attend_halves)(const AttentionOperands&) = nullptr;
  std::vector<Layer<FloatLinear>> float_layers;  // one of the two is empty
  std::vector<PackedLayer> packed_layers;
  NormWeights final_norm;
  std::vector<float> distance_bias, bias_halves;  // the latter as attend_halves wants it

  void embed(const TokenBatch& batch, Workspace& work) const;
  void read_word(size_t id, float* row) const;  // row[E]
  void embed_sequence(std::span<const int32_t> ids, const int32_t* types, float* x) const;
  void make_all_turns(const TokenBatch& batch, Workspace& work) const;
  void make_float_room(size_t tokens, Workspace& work) const;
  void make_packed_room(size_t tokens, Workspace& work) const;
  void prepare_heads(const Layer<FloatLinear>& layer, const TokenBatch& batch, const float* turns,
                     size_t first, size_t last, float* qkv) const;
  void attend_all(const TokenBatch& batch, size_t layer, const float* qkv, float* context,
                  AttentionWork& work, const Part& part) const;
  void attend_all_halves(const TokenBatch& batch, const uint16_t* qkv, float* context,
                         Scratch& scratch, const Part& part) const;
  void feed_forward(const Layer<FloatLinear>& layer, size_t rows, float* x, float* y,
                    Scratch& scratch) const;
  void activate(size_t rows, float* inner) const;
  const float* normed(const NormWeights& weights, const float* x, size_t rows, float* out) const;
  void run_attention(const Layer<FloatLinear>& layer, size_t i, const TokenBatch& batch,
                     Workspace& work, Scratch& scratch, const Part& part) const;
  void run_feed_forward(const Layer<FloatLinear>& layer, size_t first, size_t last, Workspace& work,
                        Scratch& scratch) const;
  TokenBatch begin_sample(Workspace& work) const;
  LayerSmoothing smooth(const Layer<FloatLinear>& layer, size_t i, const TokenBatch& sample,
                        Workspace& work) const;
  PackedLayer pack(LayerWeights weights, size_t i, const TokenBatch& sample, Workspace& work) const;
  void run_float(const TokenBatch& batch, Workspace& work, Scratch& scratch,
                 const Part& part) const;
  void run_packed(const TokenBatch& batch, Workspace& work, Scratch& scratch,
                  const Part& part) const;
};

Transformer::Transformer(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Transformer::Transformer(Transformer&&) noexcept = default;
Transformer& Transformer::operator=(Transformer&&) noexcept = default;
Transformer::~Transformer() = default;

Result<Transformer> Transformer::load(Tensors file, const ModelConfig& config,
                                      Precision precision) {
  auto state = std::make_unique<State>();
  state->file = std::move(file);
  state->config = config;
  if (!why_not_packed(config).empty()) precision = Precision::fp32;
  if (precision == Precision::bf16 && products().halves == nullptr) precision = Precision::fp32;
  state->number = precision == Precision::bf16 ? Number::halves : Number::bytes;
  if (fits_halves(config)) state->attend_halves = products().attend;
  WeightReader reader(state->file, state->config);
  TRY(state->embeddings, reader.embeddings());
  if (DenseWeights& widen = state->embeddings.projection; widen.has_weights())
    state->projection = make_linear(widen, config.hidden, config.embedding);
  if (config.distance_buckets > 0) {
    TRY(const std::vector<float> table, reader.distance_bias());
    state->distance_bias = spread_distance_bias(table, config.distance_buckets, config.heads);
    state->bias_halves =
        widen_distance_bias(state->distance_bias, config.heads, config.length_max(), log2_e);
  }
  Workspace work;
  TokenBatch sample;
  if (precision == Precision::int8 && !reader.has_smoothed_layers())
    sample = state->begin_sample(work);
  for (size_t i = 0; i < config.weight_sets(); ++i) {
    TRY(LayerWeights weights, reader.layer(i));
    if (precision == Precision::fp32)
      state->float_layers.emplace_back(weights, config);
    else
      state->packed_layers.push_back(state->pack(std::move(weights), i, sample, work));
  }
  if (config.norm_first) {
    TRY(state->final_norm, reader.final_norm());
  }
  TRY(reader.check_nothing_left());
  return Transformer(std::move(state));
}

void Transformer::forward(const TokenBatch& batch, Workspace& work) const {
  begin(batch, work);
  run(batch, work, work.scratch, {});
}

void Transformer::begin(const TokenBatch& batch, Workspace& work) const {
  state_->embed(batch, work);
  state_->make_all_turns(batch, work);
  if (state_->packed_layers.empty())
    state_->make_float_room(batch.ids.size(), work);
  else
    state_->make_packed_room(batch.ids.size(), work);
}

void Transformer::run(const TokenBatch& batch, Workspace& work, Scratch& scratch,
                      const Part& part) const {
  if (state_->packed_layers.empty())
    state_->run_float(batch, work, scratch, part);
  else
    state_->run_packed(batch, work, scratch, part);
}

size_t Transformer::parts(size_t tokens, size_t threads) const {
  const ModelConfig& c = state_->config;
  const size_t layer = c.hidden * (c.qkv_size() + c.heads_size() + c.inner_size() + c.intermediate);
  const size_t most = std::min(tokens / part_rows_min, tokens * c.layers * layer / part_work_min);
  return std::clamp(most, size_t{1}, threads);
}

// What the parts of a pass write into together.
void Transformer::State::make_float_room(size_t tokens, Workspace& work) const {
  work.y.room(tokens * config.hidden);
  work.qkv.room(tokens * config.qkv_size());
  work.context.room(tokens * config.heads_size());
}

void Transformer::State::make_packed_room(size_t tokens, Workspace& work) const {
  work.context.room(tokens * config.hidden);
  work.x_rows.reshape(tokens, config.hidden, number);
  work.context_rows.reshape(tokens, config.hidden, number);
  if (attend_halves != nullptr)
    work.qkv_halves.room((tokens + 31) * 3 * config.hidden);
  else
    work.qkv.room(tokens * 3 * config.hidden);
}

// norm_first: x += attention(norm(x)), x += feed_forward(norm(x)), at the end x = norm(x);
// else x = norm(x + attention(x)), x = norm(x + feed_forward(x)).
void Transformer::State::run_float(const TokenBatch& batch, Workspace& work, Scratch& scratch,
                                   const Part& part) const {
  const size_t T = batch.ids.size(), first = part.begin(T), last = part.end(T);
  for (size_t i = 0; i < config.layers; ++i) {
    const auto& layer = float_layers[config.weights_of(i)];
    run_attention(layer, i, batch, work, scratch, part);
    run_feed_forward(layer, first, last, work, scratch);
  }
  float* x = work.x.data() + first * config.hidden;
  if (config.norm_first) normed(final_norm, x, last - first, x);
}

void Transformer::State::run_attention(const Layer<FloatLinear>& layer, size_t i,
                                       const TokenBatch& batch, Workspace& work, Scratch& scratch,
                                       const Part& part) const {
  const size_t T = batch.ids.size(), H = config.hidden, A = config.heads_size(),
               Q = config.qkv_size(), first = part.begin(T), last = part.end(T),
               rows = last - first;
  float* x = work.x.data() + first * H;
  float* y = work.y.data() + first * H;
  float* qkv = work.qkv.data();
  float* context = work.context.data();
  const float* in = config.norm_first ? normed(layer.attention_norm, x, rows, y) : x;
  layer.qkv.run(in, H, rows, qkv + first * Q, Q);
  prepare_heads(layer, batch, (config.local_at(i) ? work.local_turns : work.turns).data(), first,
                last, qkv);
  part.wait();
  attend_all(batch, i, qkv, context, scratch.attention, part);
  part.wait();
  layer.attention_output.run(context + first * A, A, rows, y, H);
  kernels().axpy(1, y, x, rows * H);
  if (!config.norm_first) normed(layer.attention_norm, x, rows, x);
}

void Transformer::State::run_feed_forward(const Layer<FloatLinear>& layer, size_t first,
                                          size_t last, Workspace& work, Scratch& scratch) const {
  const size_t H = config.hidden;
  for (size_t t = first; t < last; t += wide_rows)
    feed_forward(layer, std::min(wide_rows, last - t), work.x.data() + t * H, work.y.data() + t * H,
                 scratch);
}

// The sample, whose embeddings are in work.x, the input of the first layer.
TokenBatch Transformer::State::begin_sample(Workspace& work) const {
  TokenBatch sample = random_sample(config);
  embed(sample, work);
  make_float_room(sample.ids.size(), work);
  return sample;
}

// Of layer i, whose input for the sample is in work.x, which becomes its output.
LayerSmoothing Transformer::State::smooth(const Layer<FloatLinear>& layer, size_t i,
                                          const TokenBatch& sample, Workspace& work) const {
  const size_t T = sample.ids.size(), size = T * config.hidden;
  LayerSmoothing out;
  out.qkv = smoothing_of({work.x.data(), size}, config.hidden);
  run_attention(layer, i, sample, work, work.scratch, {});
  out.intermediate = smoothing_of({work.x.data(), size}, config.hidden);
  run_feed_forward(layer, 0, T, work, work.scratch);
  return out;
}

std::vector<LayerSmoothing> Transformer::smoothing() const {
  CHECK(!state_->float_layers.empty(), "layers of floats are smoothed");
  Workspace work;
  const TokenBatch sample = state_->begin_sample(work);
  std::vector<LayerSmoothing> out;
  for (size_t i = 0; i < state_->float_layers.size(); ++i)
    out.push_back(state_->smooth(state_->float_layers[i], i, sample, work));
  return out;
}

// Layer i for products of this->number. For bytes, columns are smoothed: as the file says, or as
// smooth() does by the sample.
PackedLayer Transformer::State::pack(LayerWeights weights, size_t i, const TokenBatch& sample,
                                     Workspace& work) const {
  const bool bytes = number == Number::bytes;
  if (bytes && !sample.ids.empty()) {
    LayerSmoothing smoothing = smooth(Layer<FloatLinear>(weights, config), i, sample, work);
    const auto apply = [](Smoothing& columns, DenseWeights& to) {
      if (!to.rows.empty()) return;
      multiply_columns(to.weights, columns.weights);
      to.factors = std::move(columns.activations);
    };
    apply(smoothing.qkv, weights.qkv);
    apply(smoothing.intermediate, weights.intermediate);
  }
  // Bytes are scaled behind their rounding, so that they are the same whatever attends.
  if (attend_halves != nullptr && !bytes) scale_queries(weights.qkv, config);
  PackedLayer layer(weights, config, number);
  if (attend_halves != nullptr && bytes)
    layer.qkv.scale_outputs(config.heads_size(), query_factor(config));
  if (bytes) {
    layer.qkv_factors = std::move(weights.qkv.factors);
    layer.intermediate_factors = std::move(weights.intermediate.factors);
  }
  return layer;
}

void Transformer::State::feed_forward(const Layer<FloatLinear>& layer, size_t rows, float* x,
                                      float* y, Scratch& scratch) const {
  const size_t H = config.hidden, inner_size = config.inner_size();
  float* inner = scratch.wide.room(wide_rows * inner_size);
  const float* in = config.norm_first ? normed(layer.output_norm, x, rows, y) : x;
  layer.intermediate.run(in, H, rows, inner, inner_size);
  activate(rows, inner);
  layer.output.run(inner, inner_size, rows, y, H);
  kernels().axpy(1, y, x, rows * H);
  if (!config.norm_first) normed(layer.output_norm, x, rows, x);
}

// In place; of gated rows the result is the first half.
void Transformer::State::activate(size_t rows, float* inner) const {
  const Kernels& k = kernels();
  const size_t n = config.intermediate;
  const auto act = config.activation == Activation::gelu        ? k.gelu
                   : config.activation == Activation::gelu_tanh ? k.gelu_tanh
                   : config.activation == Activation::silu      ? k.silu
                                                                : k.relu;
  if (!config.gated) return act(inner, rows * n);
  for (float* row = inner; row < inner + rows * 2 * n; row += 2 * n) {
    act(row, n);
    for (size_t i = 0; i < n; ++i) row[i] *= row[n + i];
  }
}

// What stands between the product and the scores, of rows [first, last): norms by heads, rotary
// positions.
void Transformer::State::prepare_heads(const Layer<FloatLinear>& layer, const TokenBatch& batch,
                                       const float* turns, size_t first, size_t last,
                                       float* qkv) const {
  const size_t D = config.head_size;
  for (size_t s = 0; s + 1 < batch.begins.size(); ++s)
    for (size_t t = std::max(first, batch.begins[s]); t < std::min(last, batch.begins[s + 1]);
         ++t) {
      float* row = qkv + t * config.qkv_size();
      normed(layer.query_norm, row, config.heads, row);
      normed(layer.key_norm, row + config.heads_size(), config.key_heads,
             row + config.heads_size());
      if (config.positions == Positions::rotary)
        turn(row, config.heads + config.key_heads, D, turns + (t - batch.begins[s]) * D);
    }
}

void Transformer::State::make_all_turns(const TokenBatch& batch, Workspace& work) const {
  if (config.positions != Positions::rotary) return;
  size_t longest = 0;
  for (size_t s = 0; s + 1 < batch.begins.size(); ++s)
    longest = std::max(longest, batch.begins[s + 1] - batch.begins[s]);
  const size_t D = config.head_size;
  make_turns(longest, D, config.global.theta, work.turns.room(longest * D));
  if (!config.is_local.empty())
    make_turns(longest, D, config.local.theta, work.local_turns.room(longest * D));
}

// The same with products of bytes or bfloat16: whatever enters one is rounded as soon as it is
// known, to bytes with a step for each row.
void Transformer::State::run_packed(const TokenBatch& batch, Workspace& work, Scratch& scratch,
                                    const Part& part) const {
  const size_t T = batch.ids.size(), H = config.hidden, first = part.begin(T), last = part.end(T),
               rows = last - first;
  float* x = work.x.data();
  float* context = work.context.data();
  scratch.wide_rows.reshape(wide_rows, config.intermediate, number);
  const auto norm_and_round = [&](const NormWeights& weights, const float* factors, size_t begin,
                                  size_t end) {
    for (size_t t = begin; t < end; ++t) {
      normed(weights, x + t * H, 1, x + t * H);
      work.x_rows.set(t, x + t * H, factors);
    }
  };
  const float* factors = or_null(packed_layers[config.weights_of(0)].qkv_factors);
  for (size_t t = first; t < last; ++t) work.x_rows.set(t, x + t * H, factors);
  for (size_t i = 0; i < config.layers; ++i) {
    const PackedLayer& layer = packed_layers[config.weights_of(i)];
    if (attend_halves != nullptr) {
      uint16_t* qkv = work.qkv_halves.data();
      layer.qkv.run_halves(work.x_rows, first, rows, qkv + first * 3 * H, 3 * H, scratch.packed);
      part.wait();
      attend_all_halves(batch, qkv, context, scratch, part);
    } else {
      float* qkv = work.qkv.data();
      layer.qkv.run(work.x_rows, first, rows, qkv + first * 3 * H, 3 * H, scratch.packed);
      part.wait();
      attend_all(batch, 0, qkv, context, scratch.attention, part);
    }
    part.wait();
    for (size_t t = first; t < last; ++t) work.context_rows.set(t, context + t * H);
    layer.attention_output.run_add(work.context_rows, first, rows, x + first * H, H,
                                   scratch.packed);
    norm_and_round(layer.attention_norm, or_null(layer.intermediate_factors), first, last);
    if (i + 1 < config.layers)
      factors = or_null(packed_layers[config.weights_of(i + 1)].qkv_factors);
    for (size_t t = first; t < last; t += wide_rows) {
      const size_t some = std::min(wide_rows, last - t);
      layer.intermediate.run_gelu(work.x_rows, t, some, scratch.wide_rows, scratch.packed);
      layer.output.run_add(scratch.wide_rows, 0, some, x + t * H, H, scratch.packed);
      norm_and_round(layer.output_norm, factors, t, t + some);
    }
  }
}

void Transformer::State::attend_all_halves(const TokenBatch& batch, const uint16_t* qkv,
                                           float* context, Scratch& scratch,
                                           const Part& part) const {
  const size_t H = config.hidden, D = H / config.heads;
  for (size_t s = 0; s + 1 < batch.begins.size(); ++s) {
    const size_t begin = batch.begins[s], length = batch.begins[s + 1] - begin;
    const size_t padded = (length + 31) / 32 * 32;
    attend_halves({qkv + begin * 3 * H, length, config.heads, D, part.begin(config.heads),
                   part.end(config.heads), context + begin * H, or_null(bias_halves),
                   config.length_max(), scratch.keys.room(padded * D),
                   scratch.values.room(padded * D), scratch.scores.room(32 * padded),
                   scratch.weights.room(32 * padded), scratch.sums.room(32 * D)});
  }
}

// x[T, H] = norm(word + position + type), widened where H is not the width of word vectors.
void Transformer::State::embed(const TokenBatch& batch, Workspace& work) const {
  const size_t H = config.hidden, E = config.embedding, T = batch.ids.size();
  float* x = work.x.room(T * H);
  const bool widen = embeddings.projection.has_weights();
  float* words = widen ? work.words.room(T * E) : x;
  CHECK(batch.types.empty() || batch.types.size() == T, "a type for each token");
  for (size_t s = 0; s + 1 < batch.begins.size(); ++s) {
    const size_t begin = batch.begins[s], end = batch.begins[s + 1];
    CHECK(end > begin && end - begin <= config.length_max(), "sequences fit the model");
    embed_sequence(std::span(batch.ids).subspan(begin, end - begin),
                   batch.types.empty() ? nullptr : batch.types.data() + begin, words + begin * E);
  }
  if (widen) projection.run(words, E, T, x, H);
}

void Transformer::State::read_word(size_t id, float* row) const {
  const size_t E = config.embedding;
  if (embeddings.word_scales.empty()) return read_floats(*embeddings.words, id * E, E, row);
  std::fill_n(row, E, 0.0f);
  const auto* bytes = reinterpret_cast<const int8_t*>(embeddings.words->bytes.data());
  kernels().axpy_bytes(embeddings.word_scales[id], bytes + id * E, row, E);
}

// RoBERTa counts positions from the row behind its padding token's; should that token stand in a
// text, it takes its own row and is not counted.
void Transformer::State::embed_sequence(std::span<const int32_t> ids, const int32_t* types,
                                        float* x) const {
  const size_t E = config.embedding;
  size_t next = config.position_offset;
  for (size_t t = 0; t < ids.size(); ++t) {
    float* row = x + t * E;
    const auto id = static_cast<size_t>(ids[t]);
    CHECK(id < config.vocabulary, "ids are in the vocabulary");
    read_word(id, row);
    if (config.positions == Positions::absolute) {
      const bool is_padding = id + 1 == config.position_offset;
      const size_t position = is_padding ? id : next++;
      kernels().axpy(1, embeddings.positions.data() + position * E, row, E);
    }
    if (types != nullptr && types[t] > 0 && config.types > 0) {
      CHECK(static_cast<size_t>(types[t]) < config.types, "types are in the table");
      kernels().axpy(1, embeddings.types.data() + static_cast<size_t>(types[t]) * E, row, E);
    }
    normed(embeddings.norm, row, 1, row);
  }
}

// out = norm(x), row by row; the same x where there is no norm. Returns where the result is.
const float* Transformer::State::normed(const NormWeights& weights, const float* x, size_t rows,
                                        float* out) const {
  const size_t n = weights.gamma.size();
  if (n == 0) return x;
  const auto norm_row = config.norm == Norm::layer ? kernels().layer_norm : kernels().rms_norm;
  for (size_t r = 0; r < rows; ++r)
    norm_row(x + r * n, weights.gamma.data(), weights.beta.data(), config.epsilon, n, out + r * n);
  return out;
}

void Transformer::State::attend_all(const TokenBatch& batch, size_t layer, const float* qkv,
                                    float* context, AttentionWork& work, const Part& part) const {
  const AttentionShape shape = {config.heads,  config.key_heads,          config.head_size,
                                config.causal, config.rule(layer).window, distance_bias};
  for (size_t s = 0; s + 1 < batch.begins.size(); ++s) {
    const size_t begin = batch.begins[s];
    attend(qkv + begin * config.qkv_size(), batch.begins[s + 1] - begin, shape,
           part.begin(config.key_heads), part.end(config.key_heads),
           context + begin * config.heads_size(), work);
  }
}

}  // namespace penchant

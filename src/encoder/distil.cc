#include "encoder/distil.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <system_error>

#include "base/json.h"
#include "base/random.h"
#include "encoder/safetensors_writer.h"
#include "encoder/tokenise.h"
#include "math/kernels.h"
#include "math/principal_axes.h"
#include "math/vector_table.h"
#include "text/smaller_vocabulary.h"

namespace penchant {

namespace {

constexpr size_t encoded_at_once = 4096;
constexpr size_t axes_sample = 50'000;  // texts the principal axes are those of
constexpr float rare_share = 1e-3f;     // a of a / (a + p), Arora et al. 2017
constexpr float spread = 0.25f;         // an axis of variance v is divided by v^spread
constexpr float value_size = 0.1f;      // of a token vector's numbers, to which the rate is tuned

// Vectors along the principal axes, evened out.
class Projection {
 public:
  Projection(const Matrix& sample, size_t dimensions) : axes_(principal_axes(sample, dimensions)) {
    const float least = axes_.variances.front() * 1e-6f;
    for (size_t i = 0; i < dimensions; ++i)
      scale(1 / std::pow(std::max({axes_.variances[i], least, 1e-12f}), spread), axes_.axes.row(i));
  }

  void project(std::span<const float> from, std::span<float> to) const {
    std::vector<float> centred(from.begin(), from.end());
    axpy(-1, axes_.mean, centred);
    kernels().dot_rows(centred.data(), axes_.axes.values.data(), to.size(), axes_.axes.cols,
                       axes_.axes.cols, to.data());
  }

 private:
  PrincipalAxes axes_;
};

class Distillation {
 public:
  Distillation(Encoder& encoder, const DistilOptions& options, ThreadPool& pool,
               DistilObserver& observer)
      : encoder_(encoder), options_(options), pool_(pool), observer_(observer) {}

  Result<StaticModel> run(std::string_view tokenizer_json,
                          std::span<const std::string_view> texts) {
    TRY(SmallerVocabulary vocabulary, choose_vocabulary(tokenizer_json, texts));
    TRY(const Tokenizer tokenizer, Tokenizer::parse(vocabulary.json, "the new tokenizer.json"));
    TRY(auto ids, tokenise(tokenizer, texts, "", {.add_special_tokens = false}, pool_));
    for (auto& text : ids) std::erase(text, vocabulary.unknown);  // as readers leave it out
    TRY(const Matrix targets, project_texts(texts));
    TRY(Matrix vectors, first_vectors(tokenizer, ids));
    fit_sums(ids, targets,
             {.epochs = options_.epochs, .rate = options_.rate, .seed = options_.seed}, pool_,
             vectors, observer_);
    return StaticModel{std::move(vocabulary.json), std::move(vectors)};
  }

 private:
  Result<SmallerVocabulary> choose_vocabulary(std::string_view tokenizer_json,
                                              std::span<const std::string_view> texts) {
    const Tokenizer& whole = *encoder_.tokenizer();
    TRY(const auto ids, tokenise(whole, texts, "", {.add_special_tokens = false}, pool_));
    const auto counts = count_tokens(ids, whole.vocabulary_size());
    return keep_tokens(tokenizer_json, "tokenizer.json", frequent_tokens(counts, options_.tokens),
                       Rest::none);
  }

  // What the encoder gives for the texts, projected: [texts, dimensions]. The axes are those of
  // texts drawn at random.
  Result<Matrix> project_texts(std::span<const std::string_view> texts) {
    TRY(const Matrix vectors, encode(texts));
    Matrix sample(std::min(texts.size(), axes_sample), vectors.cols);
    Random random(options_.seed);
    for (size_t i = 0; i < sample.rows; ++i)
      std::ranges::copy(vectors.row(random.below(vectors.rows)), sample.row(i).begin());
    projection_.emplace(sample, options_.dimensions);
    return projected(vectors);
  }

  Result<Matrix> encode(std::span<const std::string_view> texts) {
    Matrix out(texts.size(), encoder_.dimensions());
    for (size_t begin = 0; begin < texts.size(); begin += encoded_at_once) {
      const auto some = texts.subspan(begin, std::min(encoded_at_once, texts.size() - begin));
      TRY(const Matrix vectors, encoder_.encode(some, Purpose::query));
      std::ranges::copy(vectors.values, out.row(begin).begin());
      observer_.encoded(begin + some.size(), texts.size());
    }
    return out;
  }

  Matrix projected(const Matrix& vectors) {
    Matrix out(vectors.rows, options_.dimensions);
    pool_.parallel_for(vectors.rows,
                       [&](size_t i, int) { projection_->project(vectors.row(i), out.row(i)); });
    return out;
  }

  // Every token through the encoder by itself; the more frequent, the less it weighs.
  Result<Matrix> first_vectors(const Tokenizer& tokenizer,
                               const std::vector<std::vector<int32_t>>& ids) {
    const size_t count = tokenizer.vocabulary_size();
    std::vector<std::string> tokens(count);
    for (size_t i = 0; i < count; ++i) {
      const auto id = static_cast<int32_t>(i);
      TRY(tokens[i], tokenizer.decode({&id, 1}));
    }
    TRY(const Matrix encoded, encode(std::vector<std::string_view>(tokens.begin(), tokens.end())));
    Matrix vectors = projected(encoded);
    const auto counts = count_tokens(ids, count);
    double all = 1, squares = 0;
    for (const uint64_t n : counts) all += static_cast<double>(n);
    for (size_t i = 0; i < count; ++i) {
      const auto share = static_cast<float>(static_cast<double>(counts[i]) / all);
      scale(rare_share / (rare_share + share), vectors.row(i));
      squares += dot(vectors.row(i), vectors.row(i));
    }
    const double mean = squares / static_cast<double>(vectors.values.size());
    if (mean > 0) scale(value_size / static_cast<float>(std::sqrt(mean)), vectors.values);
    return vectors;
  }

  Encoder& encoder_;
  const DistilOptions& options_;
  ThreadPool& pool_;
  DistilObserver& observer_;
  std::optional<Projection> projection_;
};

std::string vectors_file(const StaticModel& model, int bits) {
  const size_t rows = model.vectors.rows, cols = model.vectors.cols;
  if (bits == 32)
    return safetensors_file(
        {{{"embeddings", "F32", {rows, cols}, bytes_of(model.vectors.values)}}});
  if (bits == 8) {
    const auto [table, scales] = round_to_bytes(model.vectors);
    return safetensors_file({{{"embeddings", "I8", {rows, cols}, bytes_of(table.values)},
                              {"weights", "F32", {rows}, bytes_of(scales)}}});
  }
  const auto [table, scales] = round_to_nibbles(model.vectors);
  return safetensors_file({{{"embeddings.nibbles", "U8", {rows, cols / 2}, bytes_of(table.values)},
                            {"weights", "F32", {rows}, bytes_of(scales)}}});
}

}  // namespace

Result<StaticModel> distil(Encoder& encoder, std::string_view tokenizer_json,
                           std::span<const std::string_view> texts, const DistilOptions& options,
                           ThreadPool& pool, DistilObserver& observer) {
  if (encoder.tokenizer() == nullptr)
    return invalid(fmt::format("{} has no tokenizer, so no tokens to distil", encoder.name()));
  if (options.dimensions < 2 || options.dimensions % 2 != 0 ||
      options.dimensions > encoder.dimensions())
    return invalid(fmt::format("{} dimensions: an even number of 2 to {} is needed",
                               options.dimensions, encoder.dimensions()));
  if (texts.size() < options.dimensions)
    return invalid(
        fmt::format("{} texts are too few for {} dimensions", texts.size(), options.dimensions));
  return Distillation(encoder, options, pool, observer).run(tokenizer_json, texts);
}

Result<> write_static_model(const StaticModel& model, int bits, const Path& folder) {
  std::error_code error;
  if (std::filesystem::exists(folder, error))
    return Error{Code::conflict, fmt::format("{} exists already", folder.string())};
  if (!std::filesystem::create_directories(folder, error))
    return system_error("create", folder, error.value());
  const json::object config = {{"model_type", "model2vec"},
                               {"architectures", json::array{"StaticModel"}},
                               {"hidden_dim", model.vectors.cols},
                               {"normalize", true}};
  TRY(write_file(folder / "config.json", to_text(config) + "\n"));
  TRY(write_file(folder / "tokenizer.json", model.tokenizer_json));
  return write_file(folder / "model.safetensors", vectors_file(model, bits));
}

}  // namespace penchant

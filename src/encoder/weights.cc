#include "encoder/weights.h"

#include <fmt/format.h>

#include <utility>

namespace penchant {

WeightReader::WeightReader(const Safetensors& file, const ModelConfig& config)
    : file_(file), config_(config) {
  for (const char* prefix : {"bert.", "roberta."})
    if (file.tensors().contains(std::string(prefix) + "embeddings.word_embeddings.weight"))
      prefix_ = prefix;
}

Result<std::vector<float>> WeightReader::read(const std::string& name, std::vector<size_t> shape) {
  TRY(auto values, file_.copy_floats(prefix_ + name, shape));
  used_.insert(prefix_ + name);
  return values;
}

Result<DenseWeights> WeightReader::dense(const std::string& name, size_t outputs, size_t inputs) {
  DenseWeights result;
  TRY(result.weights, read(name + ".weight", {outputs, inputs}));
  TRY(result.bias, read(name + ".bias", {outputs}));
  return result;
}

Result<NormWeights> WeightReader::norm(const std::string& name) {
  const bool older = file_.tensors().contains(prefix_ + name + ".gamma");
  NormWeights result;
  TRY(result.gamma, read(name + (older ? ".gamma" : ".weight"), {config_.hidden}));
  TRY(result.beta, read(name + (older ? ".beta" : ".bias"), {config_.hidden}));
  return result;
}

Result<EmbeddingWeights> WeightReader::embeddings() {
  const size_t H = config_.hidden;
  EmbeddingWeights result;
  const std::string words = prefix_ + "embeddings.word_embeddings.weight";
  const size_t shape[] = {config_.vocabulary, H};
  TRY(result.words, file_.floats(words, shape));
  used_.insert(words);
  TRY(result.positions, read("embeddings.position_embeddings.weight", {config_.positions, H}));
  TRY(const auto types, read("embeddings.token_type_embeddings.weight", {config_.types, H}));
  for (size_t i = 0; i < result.positions.size(); ++i) result.positions[i] += types[i % H];
  TRY(result.norm, norm("embeddings.LayerNorm"));
  return result;
}

Result<LayerWeights> WeightReader::layer(size_t index) {
  const size_t H = config_.hidden;
  const std::string name = fmt::format("encoder.layer.{}.", index);
  LayerWeights result;
  for (const char* part : {"query", "key", "value"}) {
    TRY(const DenseWeights one, dense(name + "attention.self." + part, H, H));
    result.qkv.weights.insert(result.qkv.weights.end(), one.weights.begin(), one.weights.end());
    result.qkv.bias.insert(result.qkv.bias.end(), one.bias.begin(), one.bias.end());
  }
  TRY(result.attention_output, dense(name + "attention.output.dense", H, H));
  TRY(result.attention_norm, norm(name + "attention.output.LayerNorm"));
  TRY(result.intermediate, dense(name + "intermediate.dense", config_.intermediate, H));
  TRY(result.output, dense(name + "output.dense", H, config_.intermediate));
  TRY(result.output_norm, norm(name + "output.LayerNorm"));
  return result;
}

// Heads on top of the encoder (pooler, masked language model) lie beside it; position ids are
// counting numbers that older files store.
Result<> WeightReader::check_nothing_left() const {
  for (const auto& [name, tensor] : file_.tensors()) {
    if (used_.contains(name)) continue;
    const std::string_view rest = std::string_view(name).starts_with(prefix_)
                                      ? std::string_view(name).substr(prefix_.size())
                                      : std::string_view(name);
    if (rest == "embeddings.position_ids" || rest == "embeddings.token_type_ids") continue;
    if (rest.starts_with("embeddings.") || rest.starts_with("encoder."))
      return invalid(fmt::format("{}: belongs to no part of this model of {} layers", tensor.place,
                                 config_.layers));
  }
  return {};
}

}  // namespace penchant

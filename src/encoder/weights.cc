#include "encoder/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace penchant {

// Names without ".weight" and ".bias"; those of a layer stand behind `layer`. Where several
// tensors make up one product, they are separated by spaces.
struct FamilyNames {
  Family family;
  std::vector<std::string_view> prefixes;
  std::string_view words, positions, types, embedding_norm, projection;
  std::string_view layer, qkv, query_norm, key_norm, attention_output, attention_norm;
  std::string_view intermediate, output, output_norm;
  std::string_view final_norm, distance_bias;
  std::vector<std::string_view> parts;  // what else starts so is refused
};

namespace {

const FamilyNames families[] = {
    {.family = Family::bert,
     .prefixes = {"bert.", "roberta."},
     .words = "embeddings.word_embeddings",
     .positions = "embeddings.position_embeddings",
     .types = "embeddings.token_type_embeddings",
     .embedding_norm = "embeddings.LayerNorm",
     .projection = "",
     .layer = "encoder.layer.{}.",
     .qkv = "attention.self.query attention.self.key attention.self.value",
     .query_norm = "",
     .key_norm = "",
     .attention_output = "attention.output.dense",
     .attention_norm = "attention.output.LayerNorm",
     .intermediate = "intermediate.dense",
     .output = "output.dense",
     .output_norm = "output.LayerNorm",
     .final_norm = "",
     .distance_bias = "",
     .parts = {"embeddings.", "encoder."}},
    {.family = Family::mpnet,
     .prefixes = {"mpnet."},
     .words = "embeddings.word_embeddings",
     .positions = "embeddings.position_embeddings",
     .types = "",
     .embedding_norm = "embeddings.LayerNorm",
     .projection = "",
     .layer = "encoder.layer.{}.",
     .qkv = "attention.attn.q attention.attn.k attention.attn.v",
     .query_norm = "",
     .key_norm = "",
     .attention_output = "attention.attn.o",
     .attention_norm = "attention.LayerNorm",
     .intermediate = "intermediate.dense",
     .output = "output.dense",
     .output_norm = "output.LayerNorm",
     .final_norm = "",
     .distance_bias = "encoder.relative_attention_bias",
     .parts = {"embeddings.", "encoder."}},
    {.family = Family::distilbert,
     .prefixes = {"distilbert."},
     .words = "embeddings.word_embeddings",
     .positions = "embeddings.position_embeddings",
     .types = "",
     .embedding_norm = "embeddings.LayerNorm",
     .projection = "",
     .layer = "transformer.layer.{}.",
     .qkv = "attention.q_lin attention.k_lin attention.v_lin",
     .query_norm = "",
     .key_norm = "",
     .attention_output = "attention.out_lin",
     .attention_norm = "sa_layer_norm",
     .intermediate = "ffn.lin1",
     .output = "ffn.lin2",
     .output_norm = "output_layer_norm",
     .final_norm = "",
     .distance_bias = "",
     .parts = {"embeddings.", "transformer."}},
    {.family = Family::albert,
     .prefixes = {"albert."},
     .words = "embeddings.word_embeddings",
     .positions = "embeddings.position_embeddings",
     .types = "embeddings.token_type_embeddings",
     .embedding_norm = "embeddings.LayerNorm",
     .projection = "encoder.embedding_hidden_mapping_in",
     .layer = "encoder.albert_layer_groups.{}.albert_layers.{}.",
     .qkv = "attention.query attention.key attention.value",
     .query_norm = "",
     .key_norm = "",
     .attention_output = "attention.dense",
     .attention_norm = "attention.LayerNorm",
     .intermediate = "ffn",
     .output = "ffn_output",
     .output_norm = "full_layer_layer_norm",
     .final_norm = "",
     .distance_bias = "",
     .parts = {"embeddings.", "encoder."}},
    {.family = Family::modernbert,
     .prefixes = {"model."},
     .words = "embeddings.tok_embeddings",
     .positions = "",
     .types = "",
     .embedding_norm = "embeddings.norm",
     .projection = "",
     .layer = "layers.{}.",
     .qkv = "attn.Wqkv",
     .query_norm = "",
     .key_norm = "",
     .attention_output = "attn.Wo",
     .attention_norm = "attn_norm",
     .intermediate = "mlp.Wi",
     .output = "mlp.Wo",
     .output_norm = "mlp_norm",
     .final_norm = "final_norm",
     .distance_bias = "",
     .parts = {"embeddings.", "layers.", "final_norm."}},
    {.family = Family::llama,
     .prefixes = {"model."},
     .words = "embed_tokens",
     .positions = "",
     .types = "",
     .embedding_norm = "",
     .projection = "",
     .layer = "layers.{}.",
     .qkv = "self_attn.q_proj self_attn.k_proj self_attn.v_proj",
     .query_norm = "self_attn.q_norm",
     .key_norm = "self_attn.k_norm",
     .attention_output = "self_attn.o_proj",
     .attention_norm = "input_layernorm",
     .intermediate = "mlp.gate_proj mlp.up_proj",
     .output = "mlp.down_proj",
     .output_norm = "post_attention_layernorm",
     .final_norm = "norm",
     .distance_bias = "",
     .parts = {"embed_tokens.", "layers.", "norm."}},
};

const FamilyNames& names_of(Family family) {
  return *std::ranges::find(families, family, &FamilyNames::family);
}

std::vector<std::string_view> split(std::string_view names) {
  std::vector<std::string_view> result;
  while (!names.empty()) {
    const size_t end = std::min(names.find(' '), names.size());
    result.push_back(names.substr(0, end));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return result;
}

std::string weight(std::string_view name) { return std::string(name) + ".weight"; }

}  // namespace

std::string scale_name(const std::string& matrix) { return matrix + "_scale"; }

std::string factor_name(const std::string& matrix) {
  return matrix.substr(0, matrix.size() - std::string_view("weight").size()) + "pre_quant_scale";
}

std::vector<float> DenseWeights::floats(size_t inputs) const {
  std::vector<float> out;
  out.reserve(rows.size() * inputs);
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t j = 0; j < inputs; ++j)
      out.push_back(scales[i] * static_cast<float>(rows[i][j]) *
                    (factors.empty() ? 1 : factors[j]));
  return out;
}

void DenseWeights::to_floats(size_t inputs) {
  if (rows.empty()) return;
  weights = floats(inputs);
  rows.clear();
  scales.clear();
  factors.clear();
}

WeightReader::WeightReader(const Tensors& file, const ModelConfig& config)
    : file_(file), config_(config), names_(names_of(config.family)) {
  for (const std::string_view prefix : names_.prefixes)
    if (file.tensors().contains(std::string(prefix) + weight(names_.words))) prefix_ = prefix;
}

Result<std::vector<float>> WeightReader::read(const std::string& name, std::vector<size_t> shape) {
  TRY(auto values, file_.copy_floats(prefix_ + name, shape));
  used_.insert(prefix_ + name);
  return values;
}

bool WeightReader::has_bytes(const std::string& name) const {
  const auto found = file_.tensors().find(name);
  return found != file_.tensors().end() && found->second.dtype == "I8" &&
         found->second.paired_rows == 0;
}

// Of a matrix of bytes; a byte times its scale is finite.
Result<std::vector<float>> WeightReader::read_scales(const std::string& matrix, size_t rows) {
  const std::string name = scale_name(matrix);
  const auto found = file_.tensors().find(name);
  if (found == file_.tensors().end())
    return invalid(fmt::format("{}: bytes without their scales, a tensor \"{}\"",
                               file_.tensors().find(matrix)->second.place, name));
  const size_t shape[] = {rows};
  TRY(auto scales, file_.copy_floats(name, shape));
  constexpr float largest = std::numeric_limits<float>::max() / 128;
  for (size_t i = 0; i < rows; ++i)
    if (!(scales[i] >= 0 && scales[i] <= largest))
      return invalid(fmt::format("{}: value {} is {}, not a scale of 0 to {}", found->second.place,
                                 i, scales[i], largest));
  used_.insert(name);
  return scales;
}

// Those of one row are positive, and with any scale leave a weight finite.
Result<> WeightReader::read_factors(const std::string& matrix, size_t inputs,
                                    DenseWeights& weights) {
  const std::string name = factor_name(matrix);
  const auto found = file_.tensors().find(name);
  if (found == file_.tensors().end()) return {};
  const size_t shape[] = {inputs};
  TRY(weights.factors, file_.copy_floats(name, shape));
  const float top = 128 * *std::ranges::max_element(weights.scales);
  for (size_t i = 0; i < inputs; ++i)
    if (!(weights.factors[i] > 0 && std::isfinite(top * weights.factors[i])))
      return invalid(
          fmt::format("{}: value {} is {}, not a factor above 0 that leaves weights finite",
                      found->second.place, i, weights.factors[i]));
  used_.insert(name);
  return {};
}

Result<DenseWeights> WeightReader::dense(const std::string& name, size_t outputs, size_t inputs,
                                         bool bias, bool smoothed) {
  DenseWeights result;
  const std::string matrix = prefix_ + weight(name);
  if (has_bytes(matrix)) {
    const size_t shape[] = {outputs, inputs};
    TRY(const Tensor* bytes, file_.bytes(matrix, shape));
    for (size_t i = 0; i < outputs; ++i)
      result.rows.push_back(reinterpret_cast<const int8_t*>(bytes->bytes.data()) + i * inputs);
    TRY(result.scales, read_scales(matrix, outputs));
    if (smoothed) TRY(read_factors(matrix, inputs, result));
    used_.insert(matrix);
  } else {
    TRY(result.weights, read(weight(name), {outputs, inputs}));
  }
  matrices_.push_back(matrix);
  if (bias) {
    TRY(result.bias, read(name + ".bias", {outputs}));
  }
  return result;
}

Result<DenseWeights> WeightReader::joined(const std::string& prefix, std::string_view names,
                                          std::vector<size_t> outputs, size_t inputs, bool bias) {
  const auto parts = split(names);
  if (parts.size() == 1) {  // the file has them joined
    size_t all = 0;
    for (const size_t some : outputs) all += some;
    outputs = {all};
  }
  DenseWeights result;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string name = prefix + std::string(parts[i]);
    TRY(DenseWeights one, dense(name, outputs[i], inputs, bias, true));
    if (i == 0) result.factors = one.factors;
    if (one.rows.empty() != result.rows.empty() && i > 0) {  // bytes and floats do not mix
      one.to_floats(inputs);
      result.to_floats(inputs);
    } else if (one.factors != result.factors) {
      return invalid(fmt::format("{}: other factors than those of \"{}\"",
                                 file_.tensors().find(prefix_ + weight(name))->second.place,
                                 parts[0]));
    }
    result.weights.insert(result.weights.end(), one.weights.begin(), one.weights.end());
    result.rows.insert(result.rows.end(), one.rows.begin(), one.rows.end());
    result.scales.insert(result.scales.end(), one.scales.begin(), one.scales.end());
    result.bias.insert(result.bias.end(), one.bias.begin(), one.bias.end());
  }
  return result;
}

Result<NormWeights> WeightReader::norm(const std::string& name, size_t size) {
  const bool older = file_.tensors().contains(prefix_ + name + ".gamma");
  NormWeights result;
  TRY(result.gamma, read(name + (older ? ".gamma" : ".weight"), {size}));
  result.beta.resize(size);
  if (config_.norm_bias) {
    TRY(result.beta, read(name + (older ? ".beta" : ".bias"), {size}));
  }
  return result;
}

std::string WeightReader::words_name() const { return prefix_ + weight(names_.words); }

Result<EmbeddingWeights> WeightReader::embeddings() {
  const size_t E = config_.embedding;
  EmbeddingWeights result;
  const std::string words = words_name();
  const size_t shape[] = {config_.vocabulary, E};
  if (has_bytes(words)) {
    TRY(result.words, file_.bytes(words, shape));
    TRY(result.word_scales, read_scales(words, config_.vocabulary));
  } else {
    TRY(result.words, file_.floats(words, shape));
  }
  used_.insert(words);
  if (config_.positions == Positions::absolute) {
    TRY(result.positions, read(weight(names_.positions), {config_.position_rows, E}));
  }
  if (config_.types > 0) {
    TRY(result.types, read(weight(names_.types), {config_.types, E}));
    for (size_t i = 0; i < result.positions.size(); ++i) result.positions[i] += result.types[i % E];
    for (size_t i = result.types.size(); i-- > 0;) result.types[i] -= result.types[i % E];
  }
  if (config_.embedding_norm) {
    TRY(result.norm, norm(std::string(names_.embedding_norm), E));
  }
  if (!names_.projection.empty()) {
    TRY(result.projection, dense(std::string(names_.projection), config_.hidden, E, true));
  }
  return result;
}

std::string WeightReader::layer_prefix(size_t set) const {
  const auto name = fmt::runtime(names_.layer);
  return config_.groups == 0
             ? fmt::format(name, set)
             : fmt::format(name, set / config_.group_layers, set % config_.group_layers);
}

WeightReader::LayerNames WeightReader::layer_names(size_t set) const {
  const std::string prefix = prefix_ + layer_prefix(set);
  LayerNames names{
      {}, {}, prefix + std::string(names_.attention_output), prefix + std::string(names_.output)};
  for (const auto part : split(names_.qkv)) names.qkv.push_back(prefix + std::string(part));
  for (const auto part : split(names_.intermediate))
    names.intermediate.push_back(prefix + std::string(part));
  return names;
}

bool WeightReader::has_smoothed_layers() const {
  for (size_t set = 0; set < config_.weight_sets(); ++set) {
    const LayerNames names = layer_names(set);
    for (const auto& products : {names.qkv, names.intermediate})
      for (const std::string& name : products)
        if (!has_bytes(weight(name))) return false;
  }
  return true;
}

Result<LayerWeights> WeightReader::layer(size_t set) {
  const ModelConfig& c = config_;
  const size_t H = c.hidden, keys = c.key_heads * c.head_size;
  const std::string name = layer_prefix(set);
  const auto part = [&](std::string_view part_name) { return name + std::string(part_name); };
  LayerWeights result;
  TRY(result.qkv, joined(name, names_.qkv, {c.heads_size(), keys, keys}, H, c.qkv_bias));
  if (c.head_norm) {
    TRY(result.query_norm, norm(part(names_.query_norm), c.head_size));
    TRY(result.key_norm, norm(part(names_.key_norm), c.head_size));
  }
  TRY(result.attention_output,
      dense(part(names_.attention_output), H, c.heads_size(), c.attention_bias));
  if (c.first_norm || set > 0) {
    TRY(result.attention_norm, norm(part(names_.attention_norm), H));
  }
  const std::vector<size_t> inner(c.gated ? 2 : 1, c.intermediate);
  TRY(result.intermediate, joined(name, names_.intermediate, inner, H, c.feed_forward_bias));
  TRY(result.output, dense(part(names_.output), H, c.intermediate, c.feed_forward_bias));
  TRY(result.output_norm, norm(part(names_.output_norm), H));
  return result;
}

Result<NormWeights> WeightReader::final_norm() {
  return norm(std::string(names_.final_norm), config_.hidden);
}

Result<std::vector<float>> WeightReader::distance_bias() {
  return read(weight(names_.distance_bias), {config_.distance_buckets, config_.heads});
}

// Heads on top of the encoder (pooler, language model) lie beside it; position ids and turning
// frequencies are numbers known without the file, which older ones store.
Result<> WeightReader::check_nothing_left() const {
  for (const auto& [name, tensor] : file_.tensors()) {
    if (used_.contains(name) || !name.starts_with(prefix_)) continue;
    const std::string_view rest = std::string_view(name).substr(prefix_.size());
    if (rest == "embeddings.position_ids" || rest == "embeddings.token_type_ids" ||
        rest.ends_with("rotary_emb.inv_freq"))
      continue;
    if (std::ranges::any_of(names_.parts, [&](auto part) { return rest.starts_with(part); }))
      return invalid(fmt::format("{}: belongs to no part of this model of {} layers", tensor.place,
                                 config_.layers));
  }
  return {};
}

}  // namespace penchant

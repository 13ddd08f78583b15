#include "encoder/model_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/limits.h"
#include "encoder/gguf_model.h"
#include "encoder/json_fields.h"
#include "encoder/sentence_config.h"

namespace penchant {

Result<Activation> read_activation(const JsonFields& fields, std::string_view field,
                                   std::string_view usual) {
  static constexpr std::pair<std::string_view, Activation> known[] = {
      {"gelu", Activation::gelu},           {"gelu_python", Activation::gelu},
      {"gelu_new", Activation::gelu_tanh},  {"gelu_pytorch_tanh", Activation::gelu_tanh},
      {"gelu_fast", Activation::gelu_tanh}, {"relu", Activation::relu},
      {"silu", Activation::silu},           {"swish", Activation::silu}};
  TRY(const std::string name, fields.text(field, usual));
  for (const auto& [key, activation] : known)
    if (key == name) return activation;
  return fields.refuse(field, "gelu, gelu_new, gelu_pytorch_tanh, relu, silu and their like");
}

namespace {

constexpr size_t layers_max = 256, positions_max = 10'000'000, head_size_max = 1'024;

Result<> read_sizes(const JsonFields& fields, ModelConfig& config) {
  TRY(config.hidden, fields.size("hidden_size", 1, limits::vector_dimensions));
  TRY(config.layers, fields.size("num_hidden_layers", 1, layers_max));
  TRY(config.heads, fields.size("num_attention_heads", 1, config.hidden));
  TRY(config.intermediate, fields.size("intermediate_size", 1, 16 * limits::vector_dimensions));
  return {};
}

// As many keys as queries, and heads that fill H.
Result<> divide_heads(const JsonFields& fields, ModelConfig& config) {
  if (config.hidden % config.heads != 0)
    return invalid(fmt::format("{}: {} attention heads do not divide hidden_size {}", fields.place,
                               config.heads, config.hidden));
  config.key_heads = config.heads;
  config.head_size = config.hidden / config.heads;
  return {};
}

Result<> read_epsilon(const JsonFields& fields, std::string_view field, double usual,
                      ModelConfig& config) {
  TRY(config.epsilon, fields.number(field, 0, 0.999, usual));
  return {};
}

// RoBERTa and MPNet count positions from behind the padding token's.
Result<> read_positions(const JsonFields& fields, size_t offset, ModelConfig& config) {
  TRY(config.position_rows, fields.size("max_position_embeddings", 1, positions_max));
  config.position_offset = offset;
  if (offset + 2 > config.position_rows)
    return invalid(fmt::format("{}: max_position_embeddings {} leaves no room for a text",
                               fields.place, config.position_rows));
  config.max_tokens = config.position_rows - offset;
  return {};
}

// The theta of one kind of layer; newer files have rope_parameters, older ones keys of their own.
Result<float> read_theta(const JsonFields& fields, const JsonFields& parameters,
                         std::string_view older_field, double usual) {
  for (const char* field : {"type", "rope_type"}) TRY(parameters.must_be(field, "default"));
  constexpr double lowest = 1, highest = 1e12;
  TRY(const float older, fields.number(older_field, lowest, highest, usual));
  TRY(const float theta, parameters.number("rope_theta", lowest, highest, double{older}));
  TRY(const float part, fields.number("partial_rotary_factor", 0, 1, 1));
  if (part != 1) return fields.refuse("partial_rotary_factor", "1");
  return theta;
}

Result<> read_rotary(const JsonFields& fields, ModelConfig& config) {
  config.positions = Positions::rotary;
  TRY(config.max_tokens, fields.size("max_position_embeddings", 2, positions_max));
  if (config.head_size % 2 != 0)
    return invalid(fmt::format("{}: heads of {} values cannot be turned in pairs", fields.place,
                               config.head_size));
  return {};
}

// layer_types of newer files: which layers attend within a window.
Result<> read_layer_types(const JsonFields& fields, ModelConfig& config) {
  if (!fields.has("layer_types")) return {};
  auto types = get_strings(fields.object, "layer_types");
  if (!types.ok()) return invalid(fmt::format("{}: {}", fields.place, types.error().message));
  if (types->size() != config.layers)
    return invalid(fmt::format("{}: layer_types has {} entries for {} layers", fields.place,
                               types->size(), config.layers));
  for (size_t i = 0; i < config.layers; ++i) {
    const std::string& type = (*types)[i];
    if (type != "full_attention" && type != "sliding_attention")
      return invalid(
          fmt::format("{}: layer_types names \"{}\", expected full_attention or "
                      "sliding_attention",
                      fields.place, type));
    config.is_local[i] = type == "sliding_attention" ? 1 : 0;
  }
  return {};
}

// ---- families ----

Result<> read_bert(const JsonFields& fields, bool roberta, ModelConfig& config) {
  TRY(read_sizes(fields, config));
  TRY(divide_heads(fields, config));
  TRY(config.types, fields.size("type_vocab_size", 1, 1000, 2));
  TRY(read_epsilon(fields, "layer_norm_eps", 1e-12, config));
  TRY(config.activation, read_activation(fields, "hidden_act", "gelu"));
  TRY(fields.must_be("position_embedding_type", "absolute"));
  TRY(config.causal, fields.flag("is_decoder", false));
  if (config.causal) return fields.refuse("is_decoder", "false");
  if (!roberta) return read_positions(fields, 0, config);
  TRY(const size_t padding, fields.size("pad_token_id", 0, positions_max, 1));
  return read_positions(fields, padding + 1, config);
}

Result<> read_mpnet(const JsonFields& fields, ModelConfig& config) {
  config.family = Family::mpnet;
  TRY(read_sizes(fields, config));
  TRY(divide_heads(fields, config));
  TRY(read_epsilon(fields, "layer_norm_eps", 1e-12, config));
  TRY(config.activation, read_activation(fields, "hidden_act", "gelu"));
  TRY(config.distance_buckets, fields.size("relative_attention_num_buckets", 32, 32, 32));
  return read_positions(fields, 2, config);
}

Result<> read_distilbert(const JsonFields& fields, ModelConfig& config) {
  config.family = Family::distilbert;
  TRY(config.hidden, fields.size("dim", 1, limits::vector_dimensions));
  TRY(config.layers, fields.size("n_layers", 1, layers_max));
  TRY(config.heads, fields.size("n_heads", 1, config.hidden));
  TRY(config.intermediate, fields.size("hidden_dim", 1, 16 * limits::vector_dimensions));
  TRY(divide_heads(fields, config));
  TRY(config.activation, read_activation(fields, "activation", "gelu"));
  return read_positions(fields, 0, config);
}

Result<> read_albert(const JsonFields& fields, ModelConfig& config) {
  TRY(read_bert(fields, false, config));
  config.family = Family::albert;
  TRY(config.activation, read_activation(fields, "hidden_act", "gelu_new"));
  TRY(config.embedding, fields.size("embedding_size", 1, limits::vector_dimensions, 128));
  TRY(config.groups, fields.size("num_hidden_groups", 1, config.layers, 1));
  TRY(config.group_layers, fields.size("inner_group_num", 1, layers_max, 1));
  config.layers *= config.group_layers;
  return {};
}

Result<> read_modernbert(const JsonFields& fields, ModelConfig& config) {
  config.family = Family::modernbert;
  TRY(read_sizes(fields, config));
  TRY(divide_heads(fields, config));
  config.norm_first = true;
  config.first_norm = false;
  TRY(read_epsilon(fields, "norm_eps", 1e-5, config));
  TRY(config.norm_bias, fields.flag("norm_bias", false));
  TRY(config.qkv_bias, fields.flag("attention_bias", false));
  config.attention_bias = config.qkv_bias;
  TRY(config.feed_forward_bias, fields.flag("mlp_bias", false));
  TRY(config.activation, read_activation(fields, "hidden_activation", "gelu"));
  config.gated = true;
  TRY(read_rotary(fields, config));
  TRY(const JsonFields parameters, fields.object_of("rope_parameters"));
  TRY(const JsonFields whole, parameters.object_of("full_attention"));
  TRY(const JsonFields sliding, parameters.object_of("sliding_attention"));
  TRY(config.global.theta, read_theta(fields, whole, "global_rope_theta", 160'000));
  const bool same = fields.object.contains("local_rope_theta") && !fields.has("local_rope_theta");
  TRY(config.local.theta,
      read_theta(fields, sliding, "local_rope_theta", same ? double{config.global.theta} : 10'000));
  TRY(const size_t window, fields.size("local_attention", 2, 2 * positions_max, 128));
  config.local.window = window / 2;
  TRY(const size_t every, fields.size("global_attn_every_n_layers", 1, layers_max, 3));
  config.is_local.resize(config.layers);
  for (size_t i = 0; i < config.layers; ++i) config.is_local[i] = i % every != 0 ? 1 : 0;
  return read_layer_types(fields, config);
}

Result<> read_llama(const JsonFields& fields, std::string_view type, ModelConfig& config) {
  config.family = Family::llama;
  TRY(read_sizes(fields, config));
  TRY(config.key_heads,
      fields.size("num_key_value_heads", 1, config.heads, static_cast<int64_t>(config.heads)));
  if (config.heads % config.key_heads != 0)
    return invalid(fmt::format("{}: {} key-value heads do not divide {} attention heads",
                               fields.place, config.key_heads, config.heads));
  config.head_norm = type == "qwen3";
  const size_t usual = config.head_norm ? 128 : config.hidden / config.heads;
  TRY(config.head_size, fields.size("head_dim", 1, head_size_max, static_cast<int64_t>(usual)));
  config.norm_first = true;
  config.norm = Norm::rms;
  config.norm_bias = config.embedding_norm = false;
  TRY(read_epsilon(fields, "rms_norm_eps", 1e-6, config));
  TRY(const bool bias, fields.flag("attention_bias", false));
  config.qkv_bias = bias || type == "qwen2";
  config.attention_bias = bias;
  TRY(config.feed_forward_bias, fields.flag("mlp_bias", false));
  TRY(config.activation, read_activation(fields, "hidden_act", "silu"));
  config.gated = config.causal = true;
  TRY(const bool causal, fields.flag("is_causal", true));
  if (!causal) return fields.refuse("is_causal", "true");
  TRY(fields.must_be_absent("auto_map"));
  TRY(read_rotary(fields, config));
  TRY(const JsonFields parameters, fields.object_of("rope_parameters"));
  TRY(const JsonFields scaling, fields.object_of("rope_scaling"));
  for (const char* field : {"type", "rope_type"}) TRY(scaling.must_be(field, "default"));
  TRY(config.global.theta, read_theta(fields, parameters, "rope_theta", 10'000));
  config.local.theta = config.global.theta;
  config.pooling = Pooling::last;  // of the last token alone the whole text is known
  TRY(const bool sliding, fields.flag("use_sliding_window", false));
  if (!sliding) return {};
  TRY(const size_t window, fields.size("sliding_window", 1, positions_max, 4096));
  TRY(const size_t first, fields.size("max_window_layers", 0, positions_max, 28));
  config.local.window = window - 1;  // itself and those before it
  if (window == 1) return fields.refuse("sliding_window", "2 and more");
  config.is_local.resize(config.layers);
  for (size_t i = first; i < config.layers; ++i) config.is_local[i] = 1;
  return read_layer_types(fields, config);
}

// The only kind known is our own (encoder/quantise.h); for which tensors it holds, dtypes say.
Result<> check_quantization(const JsonFields& fields) {
  TRY(const JsonFields quantization, fields.object_of("quantization_config"));
  TRY(quantization.must_be("quant_method", "penchant"));
  TRY(quantization.size("version", 1, 1, 1));
  return {};
}

Result<> read_architecture(const JsonFields& fields, ModelConfig& config) {
  TRY(check_quantization(fields));
  TRY(const std::string type, fields.text("model_type", ""));
  TRY(config.vocabulary, fields.size("vocab_size", 1, 10'000'000));
  if (type == "bert") return read_bert(fields, false, config);
  if (type == "roberta" || type == "xlm-roberta" || type == "camembert")
    return read_bert(fields, true, config);
  if (type == "mpnet") return read_mpnet(fields, config);
  if (type == "distilbert") return read_distilbert(fields, config);
  if (type == "albert") return read_albert(fields, config);
  if (type == "modernbert") return read_modernbert(fields, config);
  if (type == "qwen2" || type == "qwen3" || type == "llama")
    return read_llama(fields, type, config);
  return invalid(
      fmt::format("{}: model_type \"{}\" is not supported; albert, bert, camembert, distilbert, "
                  "llama, modernbert, mpnet, qwen2, qwen3, roberta and xlm-roberta are",
                  fields.place, type));
}

class FolderFiles final : public ModelFiles {
 public:
  explicit FolderFiles(Path folder) : folder_(std::move(folder)) {}
  Result<std::optional<std::string>> read(const std::string& name) const override {
    std::error_code ignored;
    if (!std::filesystem::exists(folder_ / name, ignored)) return std::optional<std::string>();
    TRY(std::string text, read_file(folder_ / name, limits::config_bytes));
    return std::optional(std::move(text));
  }

 private:
  const Path folder_;
};

}  // namespace

// ALBERT spreads its sets evenly over the layers, the layers of one set behind each other.
size_t ModelConfig::weights_of(size_t layer) const {
  if (groups == 0) return layer;
  const size_t outer = layers / group_layers, group = layer / group_layers * groups / outer;
  return group * group_layers + layer % group_layers;
}

size_t ModelConfig::length_max() const {
  return positions == Positions::absolute ? position_rows - position_offset : SIZE_MAX;
}

Result<ModelConfig> parse_model_config(const ModelFiles& files, const std::string& place) {
  const std::string name = (Path(place) / "config.json").string();
  TRY(const auto text, files.read("config.json"));
  if (!text.has_value()) return not_found(fmt::format("{}: no such file", name));
  TRY(const JsonFields fields, JsonFields::parse(*text, name));
  ModelConfig config;
  TRY(read_architecture(fields, config));
  if (config.embedding == 0) config.embedding = config.hidden;
  TRY(read_sentence_config(files, place, config));
  return config;
}

Result<ModelConfig> read_model_config(const Path& model) {
  TRY(const auto files, open_model_files(model));
  return parse_model_config(*files, model.string());
}

Result<std::unique_ptr<ModelFiles>> open_model_files(const Path& model) {
  TRY(const auto gguf, find_gguf(model));
  if (!gguf.has_value()) return std::unique_ptr<ModelFiles>(std::make_unique<FolderFiles>(model));
  TRY(GgufModel files, GgufModel::open(*gguf));
  return std::unique_ptr<ModelFiles>(std::make_unique<GgufModel>(std::move(files)));
}

std::string name_of_model(const Path& path) {
  Path clean = path.lexically_normal();
  if (!clean.has_filename()) clean = clean.parent_path();
  return clean.filename().string();
}

Result<std::string> read_model_type(const Path& folder) {
  const Path path = folder / "config.json";
  TRY(const std::string text, read_file(path, limits::config_bytes));
  TRY(const JsonFields fields, JsonFields::parse(text, path.string()));
  return fields.text("model_type", "");
}

std::string why_not_packed(const ModelConfig& config) {
  const std::pair<bool, const char*> needs[] = {
      {config.positions != Positions::absolute, "positions are rotary"},
      {config.norm_first || config.norm != Norm::layer, "norms come first"},
      {(config.activation != Activation::gelu && config.activation != Activation::gelu_tanh) ||
           config.gated,
       "the activation is not gelu"}};
  for (const auto& [has, what] : needs)
    if (has) return what;
  return "";
}

}  // namespace penchant

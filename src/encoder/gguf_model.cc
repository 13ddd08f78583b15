#include "encoder/gguf_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "encoder/gguf_tokenizer.h"

namespace penchant {

namespace {

struct Architecture {
  std::string_view name;  // general.architecture, which is also model_type of config.json
  bool pairs_rows;
};
constexpr Architecture architectures[] = {{"llama", true}, {"qwen2", false}, {"qwen3", false}};

using Name = std::pair<std::string_view, std::string_view>;  // llama.cpp's and transformers'

constexpr Name whole_names[] = {{"token_embd.weight", "model.embed_tokens.weight"},
                                {"output_norm.weight", "model.norm.weight"},
                                {"output.weight", "lm_head.weight"}};

// Behind "blk.N." and "model.layers.N.", before ".weight" and ".bias".
constexpr Name layer_names[] = {
    {"attn_norm", "input_layernorm"},    {"attn_q", "self_attn.q_proj"},
    {"attn_k", "self_attn.k_proj"},      {"attn_v", "self_attn.v_proj"},
    {"attn_q_norm", "self_attn.q_norm"}, {"attn_k_norm", "self_attn.k_norm"},
    {"attn_output", "self_attn.o_proj"}, {"ffn_norm", "post_attention_layernorm"},
    {"ffn_gate", "mlp.gate_proj"},       {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"}};

// "blk.3.attn_q.weight" -> "3", "attn_q", "weight"; empty when it is no such name.
struct LayerName {
  std::string_view layer, part, kind;
};
LayerName split_layer_name(std::string_view name) {
  constexpr std::string_view start = "blk.";
  if (!name.starts_with(start)) return {};
  name.remove_prefix(start.size());
  const size_t first = name.find('.'), last = name.rfind('.');
  if (first == std::string_view::npos || first == last) return {};
  return {name.substr(0, first), name.substr(first + 1, last - first - 1), name.substr(last + 1)};
}

// "" for a name that none of these models has.
std::string transformers_name(std::string_view name) {
  for (const auto& [theirs, ours] : whole_names)
    if (theirs == name) return std::string(ours);
  const LayerName parts = split_layer_name(name);
  if (parts.kind != "weight" && parts.kind != "bias") return "";
  for (const auto& [theirs, ours] : layer_names)
    if (theirs == parts.part)
      return fmt::format("model.layers.{}.{}.{}", parts.layer, ours, parts.kind);
  return "";
}

}  // namespace

Result<GgufModel> GgufModel::open(const Path& file) {
  TRY(Gguf gguf, Gguf::open(file));
  return make(std::move(gguf));
}

Result<GgufModel> GgufModel::parse(std::span<const uint8_t> bytes, std::string_view place) {
  TRY(Gguf gguf, Gguf::parse(bytes, place));
  return make(std::move(gguf));
}

Result<GgufModel> GgufModel::make(Gguf file) {
  GgufModel model(std::move(file));
  const Gguf& gguf = model.file_;
  TRY(const auto name, gguf.text("general.architecture"));
  const auto* const found =
      std::ranges::find(architectures, name.value_or(""), &Architecture::name);
  if (found == std::end(architectures))
    return invalid(
        fmt::format("{}: general.architecture \"{}\" is not supported; llama, qwen2 and "
                    "qwen3 are",
                    gguf.place(), name.value_or("")));
  model.architecture_ = found->name;
  model.pairs_rows_ = found->pairs_rows;
  TRY(const auto parts, gguf.size("split.count"));
  if (parts.value_or(1) > 1)
    return invalid(fmt::format("{}: one of {} files of a model; only whole ones are read",
                               gguf.place(), *parts));
  // Only reported, whatever they are.
  if (const auto licence = gguf.text("general.license"); licence.ok())
    model.licence_ = licence->value_or("");
  if (const auto languages = gguf.texts("general.languages"); languages.ok() && *languages)
    model.languages_.assign((*languages)->begin(), (*languages)->end());
  return model;
}

std::string GgufModel::key(std::string_view name) const {
  return fmt::format("{}.{}", architecture_, name);
}

Result<uint64_t> GgufModel::size(std::string_view name, std::optional<uint64_t> usual) const {
  TRY(const auto value, file_.size(key(name)));
  if (value.has_value()) return *value;
  if (usual.has_value()) return *usual;
  return invalid(fmt::format("{}: has no {}", file_.place(), key(name)));
}

Result<size_t> GgufModel::head_size() const {
  TRY(const uint64_t hidden, size("embedding_length"));
  TRY(const uint64_t heads, size("attention.head_count"));
  if (heads == 0) return invalid(fmt::format("{}: no attention heads", file_.place()));
  TRY(const uint64_t keys, size("attention.key_length", hidden / heads));
  TRY(const uint64_t values, size("attention.value_length", keys));
  TRY(const uint64_t turned, size("rope.dimension_count", keys));
  for (const auto& [name, other] :
       {std::pair("attention.value_length", values), std::pair("rope.dimension_count", turned)})
    if (other != keys)
      return invalid(fmt::format("{}: {} is {}, but heads have {} values", file_.place(), key(name),
                                 other, keys));
  return static_cast<size_t>(keys);
}

Result<std::string> GgufModel::config_json() const {
  const auto words = file_.tensors().find("token_embd.weight");
  if (words == file_.tensors().end() || words->second.shape.empty())
    return invalid(fmt::format("{}: no word vectors (token_embd.weight)", file_.place()));
  json::object config{{"model_type", architecture_}, {"vocab_size", words->second.shape[0]}};
  for (const auto& [ours, theirs] :
       {std::pair("hidden_size", "embedding_length"), std::pair("num_hidden_layers", "block_count"),
        std::pair("num_attention_heads", "attention.head_count"),
        std::pair("intermediate_size", "feed_forward_length"),
        std::pair("max_position_embeddings", "context_length")}) {
    TRY(config[ours], size(theirs));
  }
  TRY(config["num_key_value_heads"],
      size("attention.head_count_kv", config["num_attention_heads"].to_number<uint64_t>()));
  TRY(config["head_dim"], head_size());
  TRY(const auto epsilon, file_.number(key("attention.layer_norm_rms_epsilon")));
  if (epsilon.has_value()) config["rms_norm_eps"] = *epsilon;
  TRY(const auto theta, file_.number(key("rope.freq_base")));
  config["rope_theta"] = theta.value_or(10'000);
  config["attention_bias"] = file_.tensors().contains("blk.0.attn_output.bias");
  config["mlp_bias"] = file_.tensors().contains("blk.0.ffn_up.bias");
  TRY(const auto scaling, file_.text(key("rope.scaling.type")));
  if (scaling.has_value() && *scaling != "none")
    return invalid(fmt::format("{}: {} \"{}\" is not supported, only \"none\"", file_.place(),
                               key("rope.scaling.type"), *scaling));
  for (const char* name : {"expert_count", "attention.sliding_window"}) {
    TRY(const uint64_t value, size(name, 0));
    if (value > 0)
      return invalid(
          fmt::format("{}: {} {} is not supported, only 0", file_.place(), key(name), value));
  }
  TRY(const auto causal, file_.flag(key("attention.causal")));
  config["is_causal"] = causal.value_or(true);
  return to_text(config);
}

// By the numbers of llama.cpp. Where a causal model's file says nothing, llama.cpp pools nothing;
// we take the last token, as for a folder.
Result<std::optional<std::string>> GgufModel::pooling_json() const {
  constexpr std::string_view modes[] = {"", "mean", "cls", "lasttoken"};
  TRY(const uint64_t type, size("pooling_type", 0));
  if (type >= std::size(modes))
    return invalid(
        fmt::format("{}: {} {} is not supported, only 0 (none), 1 (mean), 2 (the first "
                    "token) and 3 (the last)",
                    file_.place(), key("pooling_type"), type));
  if (type == 0) return std::optional<std::string>();
  return std::optional(to_text(json::object{{"pooling_mode", modes[type]}}));
}

Result<std::optional<std::string>> GgufModel::read(const std::string& name) const {
  if (name == "config.json") {
    TRY(std::string text, config_json());
    return std::optional(std::move(text));
  }
  if (name == "tokenizer.json") {
    TRY(std::string text, gguf_tokenizer_json(file_));
    return std::optional(std::move(text));
  }
  if (name != "modules.json" && name != "1_Pooling/config.json")
    return std::optional<std::string>();
  TRY(auto pooling, pooling_json());
  if (!pooling.has_value() || name != "modules.json") return pooling;
  json::array modules;
  for (const auto& [path, kind] : {std::pair("", "Transformer"), std::pair("1_Pooling", "Pooling")})
    modules.push_back(json::object{{"path", path},
                                   {"type", fmt::format("sentence_transformers.models.{}", kind)}});
  return std::optional(to_text(modules));
}

Result<Tensors> GgufModel::take_tensors() && {
  size_t pair = 0;
  if (pairs_rows_) {
    TRY(pair, head_size());
  }
  Tensors::Map map;
  for (const auto& [name, tensor] : file_.tensors()) {
    const std::string ours = transformers_name(name);
    if (ours.empty())
      return invalid(fmt::format("{}: belongs to no part of a {} model that is supported",
                                 tensor.place, architecture_));
    Tensor& added = map[ours] = tensor;
    const std::string_view part = split_layer_name(name).part;
    if (pair == 0 || (part != "attn_q" && part != "attn_k")) continue;
    if (pair % 2 != 0 || added.shape.empty() || added.shape[0] % pair != 0)
      return invalid(fmt::format("{}: shape {} is not of heads of {} values in pairs", added.place,
                                 shape_text(added.shape), pair));
    added.paired_rows = pair;
  }
  return std::move(file_).renamed(std::move(map));
}

Result<std::optional<Path>> find_gguf(const Path& model) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(model, error))
    return is_gguf(model) ? std::optional(model) : std::optional<Path>();
  if (fs::exists(model / "config.json", error)) return std::optional<Path>();
  std::optional<Path> found;
  fs::directory_iterator entry(model, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() != ".gguf") continue;
    if (found.has_value())
      return invalid(fmt::format("{}: holds several GGUF files; name one of them", model.string()));
    found = entry->path();
  }
  return found;
}

}  // namespace penchant

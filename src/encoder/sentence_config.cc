#include "encoder/sentence_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/limits.h"
#include "encoder/json_fields.h"

namespace penchant {

namespace {

constexpr size_t modules_max = 16;

std::string path_of(const std::string& place, const std::string& name) {
  return (Path(place) / name).string();
}

Result<> read_pooling(const JsonFields& fields, ModelConfig& config) {
  TRY(config.include_prompt, fields.flag("include_prompt", true));
  struct Mode {
    std::string_view name, older_flag;
    Pooling pooling;
  };
  static constexpr Mode modes[] = {
      {"cls", "pooling_mode_cls_token", Pooling::cls},
      {"mean", "pooling_mode_mean_tokens", Pooling::mean},
      {"max", "pooling_mode_max_tokens", Pooling::max},
      {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", Pooling::mean_sqrt},
      {"weightedmean", "pooling_mode_weightedmean_tokens", Pooling::weighted_mean},
      {"lasttoken", "pooling_mode_lasttoken", Pooling::last}};
  std::vector<std::string> chosen;  // a name, or a flag of files before version 6
  if (fields.has("pooling_mode")) {
    auto names = get_strings(fields.object, "pooling_mode");
    if (!names.ok()) return invalid(fmt::format("{}: {}", fields.place, names.error().message));
    chosen = *std::move(names);
  } else {
    for (const auto& [key, value] : fields.object)
      if (key.starts_with("pooling_mode_") && value.is_bool() && value.get_bool())
        chosen.emplace_back(key);
  }
  if (chosen.size() != 1)
    return invalid(
        fmt::format("{}: {} pooling modes are on, expected one", fields.place, chosen.size()));
  const auto* const mode = std::ranges::find_if(
      modes, [&](const Mode& one) { return one.name == chosen[0] || one.older_flag == chosen[0]; });
  if (mode == std::end(modes))
    return invalid(fmt::format("{}: {} is not supported", fields.place, chosen[0]));
  config.pooling = mode->pooling;
  return {};
}

Result<> check_inside(const std::string& path, const std::string& place) {
  const Path relative(path);
  if (relative.is_absolute() ||
      std::ranges::any_of(relative, [](const Path& part) { return part == ".."; }))
    return invalid(fmt::format("{}: path \"{}\" leaves the folder", place, path));
  return {};
}

// The files of one module; its config.json must be there.
Result<JsonFields> module_config(const ModelFiles& files, const std::string& place,
                                 const std::string& path) {
  const std::string name = (Path(path) / "config.json").string();
  TRY(const auto text, files.read(name));
  if (!text.has_value()) return not_found(path_of(place, name) + ": no such file");
  return JsonFields::parse(*text, path_of(place, name));
}

Result<> read_dense(const JsonFields& fields, const std::string& path, ModelConfig& config) {
  static constexpr std::pair<std::string_view, DenseActivation> known[] = {
      {"Identity", DenseActivation::identity}, {"Tanh", DenseActivation::tanh},
      {"Sigmoid", DenseActivation::sigmoid},   {"ReLU", DenseActivation::relu},
      {"GELU", DenseActivation::gelu},         {"SiLU", DenseActivation::silu}};
  VectorModule dense{.folder = path};
  TRY(dense.inputs, fields.size("in_features", 1, limits::vector_dimensions));
  TRY(dense.outputs, fields.size("out_features", 1, limits::vector_dimensions));
  TRY(dense.bias, fields.flag("bias", true));
  TRY(const std::string name,
      fields.text("activation_function", "torch.nn.modules.activation.Tanh"));
  const auto* const found =
      std::ranges::find(known, std::string_view(name).substr(name.rfind('.') + 1),
                        &std::pair<std::string_view, DenseActivation>::first);
  if (found == std::end(known))
    return fields.refuse("activation_function", "Identity, Tanh, Sigmoid, ReLU, GELU and SiLU");
  dense.activation = found->second;
  for (const char* field : {"module_input_name", "module_output_name"})
    TRY(fields.must_be(field, "sentence_embedding"));
  TRY(const bool residual, fields.flag("use_residual", false));
  if (residual) return fields.refuse("use_residual", "false");
  size_t width = config.hidden;  // of what the module gets
  for (const VectorModule& before : config.modules)
    if (before.outputs > 0) width = before.outputs;
  if (dense.inputs != width)
    return invalid(fmt::format("{}: in_features is {}, but what comes in has {} numbers",
                               fields.place, dense.inputs, width));
  config.modules.push_back(std::move(dense));
  return {};
}

Result<> read_module(const ModelFiles& files, const std::string& place, const JsonFields& module,
                     ModelConfig& config) {
  TRY(const std::string type, module.text("type", ""));
  TRY(const std::string path, module.text("path", ""));
  TRY(check_inside(path, module.place));
  const std::string kind = type.substr(type.rfind('.') + 1);
  if (kind == "Pooling") {
    TRY(const JsonFields fields, module_config(files, place, path));
    if (!config.modules.empty())
      return invalid(fmt::format("{}: a Pooling behind a Dense or Normalize", module.place));
    return read_pooling(fields, config);
  }
  if (kind == "Dense") {
    TRY(const JsonFields fields, module_config(files, place, path));
    return read_dense(fields, path, config);
  }
  if (kind == "Transformer") {
    if (path.empty()) return {};
    return invalid(fmt::format("{}: a transformer in \"{}\" is not supported", module.place, path));
  }
  if (kind != "Normalize")
    return invalid(fmt::format("{}: module \"{}\" is not supported", module.place, type));
  config.modules.emplace_back();
  return {};
}

// modules.json lists the transformer and what follows it.
Result<> read_modules(const ModelFiles& files, const std::string& place, std::string_view text,
                      ModelConfig& config) {
  const std::string name = path_of(place, "modules.json");
  TRY(const json::value root, parse_json(text, name));
  if (!root.is_array()) return invalid(name + ": not a list");
  for (const json::value& value : root.get_array()) {
    if (!value.is_object()) return invalid(name + ": a module is not an object");
    if (config.modules.size() == modules_max)
      return invalid(fmt::format("{}: more than {} modules", name, modules_max));
    TRY(read_module(files, place, {name, value.get_object()}, config));
  }
  // The length is made 1 at the end whatever the folder says.
  while (!config.modules.empty() && config.modules.back().outputs == 0) config.modules.pop_back();
  return {};
}

// The longest text: what sentence_bert_config.json says, else the tokenizer's own limit, which is
// all that version 6 writes; at most what the positions allow.
Result<> read_length(const ModelFiles& files, const std::string& place, ModelConfig& config) {
  const auto fields_of = [&](const char* name) -> Result<JsonFields> {
    TRY(const auto text, files.read(name));
    return JsonFields::parse(text.value_or("{}"), path_of(place, name));
  };
  TRY(const JsonFields own, fields_of("sentence_bert_config.json"));
  TRY(const bool lower, own.flag("do_lower_case", false));
  if (lower) return invalid(own.place + ": do_lower_case true is not supported");
  constexpr size_t most = 10'000'000;
  const auto usual = static_cast<int64_t>(config.max_tokens);
  size_t tokens = config.max_tokens;
  if (own.has("max_seq_length")) {
    TRY(tokens, own.size("max_seq_length", 2, most));
  } else {
    TRY(const JsonFields tokenizer, fields_of("tokenizer_config.json"));
    // Where there is no limit, transformers writes one of 31 digits.
    const json::value* const limit = tokenizer.object.if_contains("model_max_length");
    const bool is_none =
        limit != nullptr && limit->is_number() && limit->to_number<double>() > most;
    if (!is_none) {
      TRY(tokens, tokenizer.size("model_max_length", 2, most, usual));
    }
  }
  config.max_tokens = std::min(tokens, config.max_tokens);
  return {};
}

Result<> read_prompts(const JsonFields& fields, ModelConfig& config) {
  TRY(config.dimensions, fields.size("truncate_dim", 1, config.pooled_size(),
                                     static_cast<int64_t>(config.pooled_size())));
  TRY(const JsonFields prompts, fields.object_of("prompts"));
  TRY(config.prompt_query, prompts.text("query", ""));
  TRY(const std::string document, prompts.text("document", ""));
  TRY(config.prompt_passage, prompts.text("passage", document));
  TRY(const std::string usual, fields.text("default_prompt_name", ""));
  if (usual.empty()) return {};
  if (!prompts.object.contains(usual))
    return invalid(
        fmt::format("{}: default_prompt_name \"{}\" is not a prompt", fields.place, usual));
  TRY(config.prompt_plain, prompts.text(usual, ""));
  return {};
}

}  // namespace

Result<> read_sentence_config(const ModelFiles& files, const std::string& place,
                              ModelConfig& config) {
  TRY(const auto modules, files.read("modules.json"));
  if (modules.has_value()) TRY(read_modules(files, place, *modules, config));
  config.dimensions = config.pooled_size();
  TRY(read_length(files, place, config));
  constexpr const char* prompts = "config_sentence_transformers.json";
  TRY(const auto text, files.read(prompts));
  if (!text.has_value()) return {};
  TRY(const JsonFields fields, JsonFields::parse(*text, path_of(place, prompts)));
  return read_prompts(fields, config);
}

}  // namespace penchant

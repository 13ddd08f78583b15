#include "encoder/sentence_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "encoder/json_fields.h"

namespace penchant {

namespace {

std::string path_of(const std::string& place, const std::string& name) {
  return (Path(place) / name).string();
}

Result<> read_pooling(const JsonFields& fields, ModelConfig& config) {
  TRY(const bool include_prompt, fields.flag("include_prompt", true));
  if (!include_prompt) return invalid(fields.place + ": include_prompt false is not supported");
  static constexpr std::pair<std::string_view, Pooling> modes[] = {
      {"pooling_mode_cls_token", Pooling::cls},
      {"pooling_mode_mean_tokens", Pooling::mean},
      {"pooling_mode_max_tokens", Pooling::max},
      {"pooling_mode_mean_sqrt_len_tokens", Pooling::mean_sqrt},
      {"pooling_mode_weightedmean_tokens", Pooling::weighted_mean},
      {"pooling_mode_lasttoken", Pooling::last}};
  int chosen = 0;
  for (const auto& [key, value] : fields.object) {
    if (!key.starts_with("pooling_mode_") || !value.is_bool() || !value.get_bool()) continue;
    const auto* mode = std::ranges::find(modes, std::string_view(key),
                                         &std::pair<std::string_view, Pooling>::first);
    if (mode == std::end(modes))
      return invalid(fmt::format("{}: {} is not supported", fields.place, std::string_view(key)));
    config.pooling = mode->second;
    ++chosen;
  }
  if (chosen != 1)
    return invalid(fmt::format("{}: {} pooling modes are on, expected one", fields.place, chosen));
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

Result<> read_module(const ModelFiles& files, const std::string& place, const JsonFields& module,
                     ModelConfig& config) {
  TRY(const std::string type, module.text("type", ""));
  TRY(const std::string path, module.text("path", ""));
  TRY(check_inside(path, module.place));
  const std::string kind = type.substr(type.rfind('.') + 1);
  if (kind == "Pooling") {
    TRY(const JsonFields fields, module_config(files, place, path));
    return read_pooling(fields, config);
  }
  if (kind == "Transformer") {
    if (path.empty()) return {};
    return invalid(fmt::format("{}: a transformer in \"{}\" is not supported", module.place, path));
  }
  if (kind != "Normalize")
    return invalid(fmt::format("{}: module \"{}\" is not supported", module.place, type));
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
    TRY(read_module(files, place, {name, value.get_object()}, config));
  }
  return {};
}

Result<> read_length(const JsonFields& fields, ModelConfig& config) {
  TRY(const bool lower, fields.flag("do_lower_case", false));
  if (lower) return invalid(fields.place + ": do_lower_case true is not supported");
  TRY(const size_t tokens,
      fields.size("max_seq_length", 2, 10'000'000, static_cast<int64_t>(config.max_tokens)));
  config.max_tokens = std::min(tokens, config.max_tokens);
  return {};
}

Result<> read_prompts(const JsonFields& fields, ModelConfig& config) {
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
  constexpr std::pair<const char*, Result<> (*)(const JsonFields&, ModelConfig&)> others[] = {
      {"sentence_bert_config.json", read_length},
      {"config_sentence_transformers.json", read_prompts}};
  for (const auto& [name, use] : others) {
    TRY(const auto text, files.read(name));
    if (!text.has_value()) continue;
    TRY(const JsonFields fields, JsonFields::parse(*text, path_of(place, name)));
    TRY(use(fields, config));
  }
  return {};
}

}  // namespace penchant

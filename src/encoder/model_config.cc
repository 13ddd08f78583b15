#include "encoder/model_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/limits.h"

namespace penchant {

namespace {

// A JSON object of a file, with getters whose errors name the file.
struct Fields {
  std::string place;
  json::object object;

  static Result<Fields> read(const Path& path) {
    TRY(const std::string text, read_file(path, limits::config_bytes));
    TRY(json::value value, parse_json(text, path.string()));
    if (!value.is_object()) return invalid(path.string() + ": not an object");
    return Fields{path.string(), std::move(value.get_object())};
  }

  template <class T>
  Result<T> placed(Result<T> result) const {
    if (!result.ok())
      return Error{result.error().code, fmt::format("{}: {}", place, result.error().message)};
    return result;
  }

  Result<std::string> text(std::string_view field, std::string_view otherwise) const {
    TRY(auto value, placed(get_string(object, field)));
    return value.value_or(std::string(otherwise));
  }
  Result<bool> flag(std::string_view field, bool otherwise) const {
    TRY(const auto value, placed(get_bool(object, field)));
    return value.value_or(otherwise);
  }

  // An integer in [low, high]; absent is an error unless `otherwise` >= 0.
  Result<size_t> size(std::string_view field, size_t low, size_t high,
                      int64_t otherwise = -1) const {
    TRY(const auto value, placed(get_integer(object, field)));
    if (!value.has_value() && otherwise >= 0) return static_cast<size_t>(otherwise);
    if (!value.has_value()) return invalid(fmt::format("{}: {} is missing", place, field));
    if (*value < 0 || static_cast<size_t>(*value) < low || static_cast<size_t>(*value) > high)
      return invalid(fmt::format("{}: {} is {}, not in {}..{}", place, field, *value, low, high));
    return static_cast<size_t>(*value);
  }

  Result<> must_be(std::string_view field, std::string_view expected) const {
    TRY(const std::string value, text(field, expected));
    if (value != expected)
      return invalid(fmt::format("{}: {} \"{}\" is not supported, only \"{}\"", place, field, value,
                                 expected));
    return {};
  }
};

Result<> read_architecture(const Fields& fields, ModelConfig& config) {
  TRY(const std::string type, fields.text("model_type", ""));
  const bool roberta = type == "xlm-roberta" || type == "roberta";
  if (!roberta && type != "bert")
    return invalid(
        fmt::format("{}: model_type \"{}\" is not supported; bert, roberta and "
                    "xlm-roberta are",
                    fields.place, type));
  TRY(config.hidden, fields.size("hidden_size", 1, limits::vector_dimensions));
  TRY(config.layers, fields.size("num_hidden_layers", 1, 256));
  TRY(config.heads, fields.size("num_attention_heads", 1, config.hidden));
  if (config.hidden % config.heads != 0)
    return invalid(fmt::format("{}: {} attention heads do not divide hidden_size {}", fields.place,
                               config.heads, config.hidden));
  TRY(config.intermediate, fields.size("intermediate_size", 1, 16 * limits::vector_dimensions));
  TRY(config.vocabulary, fields.size("vocab_size", 1, 10'000'000));
  TRY(config.positions, fields.size("max_position_embeddings", 1, 1'000'000));
  TRY(config.types, fields.size("type_vocab_size", 1, 1000, 2));
  TRY(const auto epsilon, fields.placed(get_number(fields.object, "layer_norm_eps")));
  if (epsilon.has_value() && !(*epsilon >= 0 && *epsilon < 1))
    return invalid(fmt::format("{}: layer_norm_eps is {}, not in 0..1", fields.place, *epsilon));
  config.epsilon = static_cast<float>(epsilon.value_or(1e-12));
  TRY(fields.must_be("hidden_act", "gelu"));
  TRY(fields.must_be("position_embedding_type", "absolute"));
  if (roberta) {
    TRY(const size_t padding, fields.size("pad_token_id", 0, config.positions - 1, 1));
    config.position_offset = padding + 1;
  }
  if (config.position_offset + 2 > config.positions)
    return invalid(fmt::format("{}: max_position_embeddings {} leaves no room for a text",
                               fields.place, config.positions));
  config.max_tokens = config.positions - config.position_offset;
  return {};
}

Result<> read_pooling(const Path& path, ModelConfig& config) {
  TRY(const Fields fields, Fields::read(path));
  TRY(const bool include_prompt, fields.flag("include_prompt", true));
  if (!include_prompt) return invalid(fields.place + ": include_prompt false is not supported");
  struct Mode {
    std::string_view field;
    Pooling pooling;
  };
  // The mean over the square root of the length differs by a factor, which normalising takes out.
  constexpr Mode modes[] = {{"pooling_mode_cls_token", Pooling::cls},
                            {"pooling_mode_mean_tokens", Pooling::mean},
                            {"pooling_mode_max_tokens", Pooling::max},
                            {"pooling_mode_mean_sqrt_len_tokens", Pooling::mean}};
  int chosen = 0;
  for (const auto& [key, value] : fields.object) {
    if (!key.starts_with("pooling_mode_") || !value.is_bool() || !value.get_bool()) continue;
    const auto* mode = std::ranges::find(modes, std::string_view(key), &Mode::field);
    if (mode == std::end(modes))
      return invalid(fmt::format("{}: {} is not supported", fields.place, std::string_view(key)));
    config.pooling = mode->pooling;
    ++chosen;
  }
  if (chosen != 1)
    return invalid(fmt::format("{}: {} pooling modes are on, expected one", fields.place, chosen));
  return {};
}

// modules.json lists what follows the transformer; we know pooling and normalising.
Result<> read_modules(const Path& folder, ModelConfig& config) {
  const Path path = folder / "modules.json";
  TRY(const std::string text, read_file(path, limits::config_bytes));
  TRY(const json::value root, parse_json(text, path.string()));
  if (!root.is_array()) return invalid(path.string() + ": not a list");
  for (const json::value& value : root.get_array()) {
    if (!value.is_object()) return invalid(path.string() + ": a module is not an object");
    const Fields fields{path.string(), value.get_object()};
    TRY(const std::string type, fields.text("type", ""));
    TRY(const std::string place, fields.text("path", ""));
    const std::string kind = type.substr(type.rfind('.') + 1);
    const Path relative(place);
    if (relative.is_absolute() ||
        std::ranges::any_of(relative, [](const Path& part) { return part == ".."; }))
      return invalid(fmt::format("{}: path \"{}\" leaves the folder", fields.place, place));
    if (kind == "Pooling") {
      TRY(read_pooling(folder / relative / "config.json", config));
    } else if (kind == "Transformer") {
      if (!place.empty())
        return invalid(
            fmt::format("{}: a transformer in \"{}\" is not supported", fields.place, place));
    } else if (kind != "Normalize") {
      return invalid(fmt::format("{}: module \"{}\" is not supported", fields.place, type));
    }
  }
  return {};
}

Result<> read_length(const Path& path, ModelConfig& config) {
  TRY(const Fields fields, Fields::read(path));
  TRY(const bool lower, fields.flag("do_lower_case", false));
  if (lower) return invalid(fields.place + ": do_lower_case true is not supported");
  TRY(const size_t tokens,
      fields.size("max_seq_length", 2, 10'000'000, static_cast<int64_t>(config.max_tokens)));
  config.max_tokens = std::min(tokens, config.max_tokens);
  return {};
}

Result<> read_prompts(const Path& path, ModelConfig& config) {
  TRY(const Fields fields, Fields::read(path));
  const json::value* value = fields.object.if_contains("prompts");
  if (value == nullptr || value->is_null()) return {};
  if (!value->is_object()) return invalid(fields.place + ": prompts is not an object");
  const Fields prompts{fields.place + ": prompts", value->get_object()};
  TRY(config.prompt_query, prompts.text("query", ""));
  TRY(const std::string document, prompts.text("document", ""));
  TRY(config.prompt_passage, prompts.text("passage", document));
  TRY(const std::string usual, fields.text("default_prompt_name", ""));
  if (!usual.empty()) {
    if (!prompts.object.contains(usual))
      return invalid(
          fmt::format("{}: default_prompt_name \"{}\" is not a prompt", fields.place, usual));
    TRY(config.prompt_plain, prompts.text(usual, ""));
  }
  return {};
}

}  // namespace

Result<std::string> read_model_type(const Path& folder) {
  TRY(const Fields fields, Fields::read(folder / "config.json"));
  return fields.text("model_type", "");
}

Result<ModelConfig> read_model_config(const Path& folder) {
  ModelConfig config;
  TRY(const Fields fields, Fields::read(folder / "config.json"));
  TRY(read_architecture(fields, config));
  const auto present = [&](const char* file) {
    std::error_code ignored;
    return std::filesystem::exists(folder / file, ignored);
  };
  if (present("modules.json")) TRY(read_modules(folder, config));
  if (present("sentence_bert_config.json"))
    TRY(read_length(folder / "sentence_bert_config.json", config));
  if (present("config_sentence_transformers.json"))
    TRY(read_prompts(folder / "config_sentence_transformers.json", config));
  return config;
}

}  // namespace penchant

#include "encoder/models.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <system_error>

#include "base/assets.h"
#include "base/json.h"
#include "base/limits.h"
#include "encoder/built_in.h"
#include "encoder/gguf_model.h"
#include "encoder/model_config.h"

namespace penchant {

namespace {

namespace fs = std::filesystem;

constexpr size_t files_listed = 1000;  // of one model; a folder with more is not a model's

std::string string_field(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

// A non-negative whole number below 2^31, else 0: what configuration files say is only reported.
size_t size_field(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  if (value == nullptr || !value->is_int64()) return 0;
  const int64_t number = value->get_int64();
  return number > 0 && number < (int64_t{1} << 31) ? static_cast<size_t>(number) : 0;
}

// True unless the object says false.
bool flag_field(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  return value == nullptr || !value->is_bool() || value->get_bool();
}

std::vector<std::string> list_field(const json::object& object, std::string_view field) {
  auto list = get_strings(object, field);
  return list.ok() ? *std::move(list) : std::vector<std::string>();
}

// The object in a JSON file of a model's folder; an error when it is there and broken.
Result<std::optional<json::object>> read_object(const Path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return std::optional<json::object>();
  TRY(const std::string text, read_file(path, limits::config_bytes));
  TRY(json::value value, parse_json(text, path.string()));
  if (!value.is_object()) return invalid(fmt::format("{}: not a JSON object", path.string()));
  return std::optional(std::move(value.get_object()));
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\"'");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\"'") - begin + 1);
}

// "zh", "[en, zh]" -> the words.
std::vector<std::string> words_of(std::string_view value) {
  if (value.starts_with('[')) value.remove_prefix(1);
  if (value.ends_with(']')) value.remove_suffix(1);
  std::vector<std::string> words;
  while (!value.empty()) {
    const size_t comma = std::min(value.find(','), value.size());
    if (const auto word = trimmed(value.substr(0, comma)); !word.empty()) words.emplace_back(word);
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
  return words;
}

// The two fields that a model card's front matter (YAML between two lines of dashes) is asked for:
// "language: en", "language: [en, zh]" or "language:" with a list of "- en" lines, and "license:".
void read_model_card(const Path& path, ModelInfo& info) {
  auto lines = LineReader::open(path);
  if (!lines.ok()) return;
  std::string_view line;
  auto next = [&] {
    auto more = lines->next(line);
    return more.ok() && *more;
  };
  if (!next() || trimmed(line) != "---") return;
  std::vector<std::string>* list = nullptr;  // that "- x" lines belong to
  while (next() && trimmed(line) != "---") {
    if (list != nullptr && trimmed(line).starts_with("- ")) {
      list->emplace_back(trimmed(trimmed(line).substr(2)));
      continue;
    }
    list = nullptr;
    const size_t colon = std::min(line.find(':'), line.size());
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(std::min(colon + 1, line.size())));
    if (key == "language") {
      info.languages = words_of(value);
      if (value.empty()) list = &info.languages;
    } else if (key == "license") {
      info.licence = value;
    }
  }
}

// penchant.json is the recipe that brought the model; without one, its model card is asked.
Result<> read_provenance(const Path& folder, ModelInfo& info) {
  TRY(const auto recipe, read_object(folder / "penchant.json"));
  if (!recipe) {
    read_model_card(folder / "README.md", info);
    return {};
  }
  info.languages = list_field(*recipe, "languages");
  info.licence = string_field(*recipe, "licence");
  info.description = string_field(*recipe, "description");
  info.origin =
      fmt::format("{} {}", string_field(*recipe, "package"), string_field(*recipe, "version"));
  return {};
}

void fill_in(const ModelConfig& config, ModelInfo& info) {
  info.dimensions = config.dimensions;
  info.max_tokens = config.max_tokens;
  const std::string why = why_not_packed(config);
  info.fast = why.empty() ? "int8" : fmt::format("fp32: {}", why);
}

// What the metadata say; a recipe knows better.
Result<> read_gguf(const Path& file, ModelInfo& info) {
  TRY(const GgufModel model, GgufModel::open(file));
  TRY(const ModelConfig config, parse_model_config(model, file.string()));
  fill_in(config, info);
  info.family = model.architecture();
  if (info.licence.empty()) info.licence = model.licence();
  if (info.languages.empty()) info.languages = model.languages();
  return {};
}

Result<> read_configuration(const Path& folder, ModelInfo& info) {
  TRY(const auto config, read_object(folder / "config.json"));
  if (!config) return invalid(fmt::format("{}: no config.json", folder.string()));
  info.family = string_field(*config, "model_type");
  info.dimensions = size_field(*config, "hidden_size");
  if (info.dimensions == 0) info.dimensions = size_field(*config, "hidden_dim");  // Model2Vec
  info.max_tokens = size_field(*config, "max_position_embeddings");
  TRY(const auto sentence, read_object(folder / "sentence_bert_config.json"));
  if (sentence && size_field(*sentence, "max_seq_length") > 0)
    info.max_tokens = size_field(*sentence, "max_seq_length");
  if (const auto whole = read_model_config(folder); whole.ok()) fill_in(*whole, info);
  std::error_code error;
  for (const char* needed : {"tokenizer.json", "model.safetensors"}) {
    if (!fs::exists(folder / needed, error))
      return invalid(fmt::format("{}: no {}", folder.string(), needed));
  }
  return {};
}

Result<> list_files(const Path& folder, ModelInfo& info) {
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_regular_file(ignored)) continue;
    info.files.push_back({entry->path().lexically_relative(folder).generic_string(),
                          static_cast<uint64_t>(entry->file_size(ignored))});
    if (info.files.size() > files_listed)
      return too_large(
          fmt::format("{}: more than {} files, so not a model", folder.string(), files_listed));
  }
  if (error) return system_error("read", folder, error.value());
  std::sort(info.files.begin(), info.files.end(),
            [](const ModelFile& a, const ModelFile& b) { return a.name < b.name; });
  return {};
}

// The first line is "words dimensions" (word2vec) or already a word with its numbers (GloVe).
Result<> read_word_vectors(const Path& file, ModelInfo& info) {
  TRY(LineReader lines, LineReader::open(file));
  std::string_view line;
  TRY(const bool more, lines.next(line));
  if (!more) return invalid(fmt::format("{}: an empty file", file.string()));
  std::vector<std::string_view> words;
  for (size_t begin = 0; (begin = line.find_first_not_of(" \t\r", begin)) != line.npos;) {
    const size_t end = std::min(line.find_first_of(" \t\r", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  if (words.size() < 2)
    return invalid(fmt::format("{}:1: neither word vectors nor a folder", file.string()));
  info.family = "word-vectors";
  info.dimensions = words.size() - 1;
  if (words.size() == 2) {
    info.dimensions = 0;
    for (const char digit : words[1]) {
      if (digit < '0' || digit > '9' || info.dimensions > limits::vector_dimensions)
        return invalid(fmt::format("{}:1: no number of dimensions", file.string()));
      info.dimensions = info.dimensions * 10 + static_cast<size_t>(digit - '0');
    }
  }
  return {};
}

// Fills `info` as far as the model can be read; the error is what makes it unusable.
Result<> read_model(const Path& model, ModelInfo& info) {
  std::error_code error;
  info.name = (model.has_filename() ? model : model.parent_path()).filename().string();
  info.path = fs::canonical(model, error);
  if (error) {
    info.path = model;
    return system_error("open", model, error.value());
  }
  if (!fs::is_directory(info.path, error)) {
    info.files = {{info.path.filename().string(), fs::file_size(info.path, error)}};
    return is_gguf(info.path) ? read_gguf(info.path, info) : read_word_vectors(info.path, info);
  }
  TRY(list_files(info.path, info));
  TRY(read_provenance(info.path, info));
  TRY(const auto gguf, find_gguf(info.path));
  if (gguf.has_value()) return read_gguf(*gguf, info);
  return read_configuration(info.path, info);
}

ModelInfo describe_built_in() {
  const json::value card = parse_json(built_in_card(), "the built-in model's card").value();
  const json::object& fields = card.as_object();
  ModelInfo info;
  info.name = built_in_model;
  info.path = built_in_path();
  info.family = "model2vec";
  info.dimensions = size_field(fields, "dimensions");
  info.languages = list_field(fields, "languages");
  info.licence = string_field(fields, "licence");
  info.description = string_field(fields, "description");
  info.origin = string_field(fields, "origin");
  info.files = {{"model.safetensors", built_in_vectors().size()},
                {"tokenizer.json", built_in_tokenizer().size()}};
  return info;
}

}  // namespace

uint64_t ModelInfo::bytes() const {
  return std::accumulate(files.begin(), files.end(), uint64_t{0},
                         [](uint64_t sum, const ModelFile& file) { return sum + file.bytes; });
}

bool is_model_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && name.front() != '.' && name.front() != '-' &&
         name.find_first_of(std::string_view("/\\\n\0", 4)) == name.npos;
}

std::vector<ModelRecipe> model_recipes() {
  std::vector<ModelRecipe> recipes;
  for (const assets::Asset& asset : assets::all()) {
    if (!asset.name.starts_with("encoder/") || !asset.name.ends_with(".json")) continue;
    const json::value value = parse_json(asset.bytes, asset.name).value();
    const json::object& recipe = value.as_object();
    recipes.push_back({string_field(recipe, "name"), string_field(recipe, "description"),
                       list_field(recipe, "languages"), string_field(recipe, "licence"),
                       size_field(recipe, "dimensions"), size_field(recipe, "download_bytes"),
                       size_field(recipe, "installed_bytes"), flag_field(recipe, "preferred"),
                       std::string(asset.name)});
  }
  // The more languages, the fewer users need another one.
  std::stable_sort(recipes.begin(), recipes.end(), [](const ModelRecipe& a, const ModelRecipe& b) {
    return a.languages.size() > b.languages.size();
  });
  return recipes;
}

std::vector<ModelInfo> installed_models(const Path& models_folder) {
  std::vector<ModelInfo> models;
  std::error_code error;
  fs::directory_iterator entry(models_folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (!is_model_name(entry->path().filename().string())) continue;
    ModelInfo info;
    const Result<> read = read_model(entry->path(), info);
    if (!read.ok()) info.problem = read.error().message;
    models.push_back(std::move(info));
  }
  std::sort(models.begin(), models.end(),
            [](const ModelInfo& a, const ModelInfo& b) { return a.name < b.name; });
  if (std::ranges::none_of(models, [](const auto& model) { return model.name == built_in_model; }))
    models.push_back(describe_built_in());
  return models;
}

Result<ModelInfo> describe_model(const Path& model) {
  if (is_built_in(model)) return describe_built_in();
  ModelInfo info;
  TRY(read_model(model, info));
  return info;
}

std::optional<Path> find_installed(std::string_view name, const Path& models_folder) {
  std::error_code error;
  if (is_model_name(name)) {
    const Path installed = models_folder / name;
    if (fs::exists(fs::symlink_status(installed, error))) return installed;
  }
  if (name == built_in_model) return built_in_path();
  return std::nullopt;
}

Result<Path> find_model(std::string_view name_or_path, const Path& models_folder) {
  if (auto installed = find_installed(name_or_path, models_folder)) return *std::move(installed);
  std::error_code error;
  if (!name_or_path.empty() && fs::exists(Path(name_or_path), error)) return Path(name_or_path);

  std::vector<std::string> available;
  for (const ModelRecipe& recipe : model_recipes()) {
    if (recipe.name == name_or_path)
      return not_found(
          fmt::format("the model {0} is not installed; `penchant model add {0}` brings it ({1} MB)",
                      recipe.name, recipe.download_bytes / 1'000'000));
    available.push_back(recipe.name);
  }
  std::vector<std::string> installed;
  for (const ModelInfo& model : installed_models(models_folder)) installed.push_back(model.name);
  return not_found(fmt::format(
      "no model \"{}\": neither a path nor installed (installed: {}; `penchant model add` brings: "
      "{})",
      name_or_path, fmt::join(installed, ", "), fmt::join(available, ", ")));
}

Path preferred_model(const Path& models_folder) {
  std::vector<ModelInfo> installed = installed_models(models_folder);
  for (const ModelRecipe& recipe : model_recipes()) {
    if (!recipe.is_preferred) {
      std::erase_if(installed, [&](const auto& model) { return model.name == recipe.name; });
      continue;
    }
    for (const ModelInfo& model : installed)
      if (model.name == recipe.name && model.problem.empty()) return models_folder / model.name;
  }
  for (const ModelInfo& model : installed)
    if (model.problem.empty() && !is_built_in(model.path)) return models_folder / model.name;
  return built_in_path();
}

}  // namespace penchant

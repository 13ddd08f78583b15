#include "app/model_add.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <system_error>

#include "app/model_script.h"
#include "base/json.h"
#include "base/limits.h"
#include "encoder/encoder.h"
#include "encoder/models.h"

namespace penchant {

namespace fs = std::filesystem;

namespace {

std::string python() {
  const char* chosen = std::getenv("PENCHANT_PYTHON");
  return chosen != nullptr && *chosen != 0 ? chosen : "python3";
}

// A model is added when it opens, tokenizer and weights, and encodes.
Result<size_t> dimensions_when_opened(const Path& model) {
  TRY(const auto encoder, open_encoder(model, {.precision = Precision::fp32}));
  const std::string_view texts[] = {"one text"};
  TRY(const Matrix vectors, encoder->encode(texts, Purpose::plain));
  return vectors.cols;
}

// The user's own folder or file stays where it is and becomes a model by a link.
Result<> add_link(const Path& model, std::string name, const Path& folder) {
  std::error_code error;
  const Path target = fs::canonical(model, error);
  if (error) return system_error("open", model, error.value());
  if (name.empty()) name = target.filename().string();
  if (!is_model_name(name))
    return invalid(fmt::format("\"{}\" cannot be a model's name; choose one with --name", name));
  TRY(const size_t dimensions, dimensions_when_opened(target));
  fs::create_directories(folder, error);
  if (error) return system_error("create", folder, error.value());
  fs::create_symlink(target, folder / name, error);
  if (error == std::errc::file_exists)
    return Error{Code::conflict, fmt::format("there is a model {0} already; `penchant model remove "
                                             "{0}` or choose another --name",
                                             name)};
  if (error) return system_error("write", folder / name, error.value());
  fmt::print(stderr, "{} is ready: a link to {} ({} dimensions)\n", name, target.string(),
             dimensions);
  return {};
}

// `recipe` is an asset or a file, `name` the model it brings.
Result<bool> add_by_recipe(const std::string& recipe, const std::string& name, const Path& folder) {
  std::error_code error;
  const bool was_there = fs::exists(folder / name, error);
  TRY(const bool added, run_add_script(python(), recipe, folder));
  if (!added || was_there) return added;
  const auto opened = dimensions_when_opened(folder / name);
  if (opened.ok()) return true;
  TRY(remove_model(name, folder));
  return Error{opened.error().code, fmt::format("{} does not open, so it was not added: {}", name,
                                                opened.error().message)};
}

}  // namespace

Result<bool> add_model(const std::string& what, const std::string& name, const Path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (const ModelRecipe& recipe : model_recipes()) {
    if (recipe.name == what) return add_by_recipe(recipe.asset, recipe.name, folder);
    names.push_back(recipe.name);
  }
  if (what.ends_with(".json") && fs::is_regular_file(what, error)) {
    TRY(const std::string text, read_file(what, limits::config_bytes));
    TRY(const json::value recipe, parse_json(text, what));
    if (!recipe.is_object()) return invalid(fmt::format("{}: not a recipe", what));
    TRY(const auto its_name, get_string(recipe.get_object(), "name"));
    return add_by_recipe(what, its_name.value_or(""), folder);
  }
  if (fs::exists(what, error)) {
    TRY(add_link(what, name, folder));
    return true;
  }
  return not_found(fmt::format("\"{}\" is neither a folder or file nor one of {}", what,
                               fmt::join(names, ", ")));
}

Result<> remove_model(const std::string& name, const Path& folder) {
  const Path model = folder / name;
  std::error_code error;
  if (!is_model_name(name) || !fs::exists(fs::symlink_status(model, error)))
    return not_found(fmt::format("no model \"{}\" is installed in {}", name, folder.string()));
  TRY(const FileLock lock,
      FileLock::acquire(folder / ".lock", fmt::format("the models folder {}", folder.string())));
  // Out of sight at once, then deleted: what a killed run leaves is no half model.
  const Path doomed = folder / fmt::format(".tmp-removed-{}", name);
  fs::remove_all(doomed, error);
  fs::rename(model, doomed, error);
  if (error) return system_error("remove", model, error.value());
  fs::remove_all(doomed, error);  // of a link: the link
  if (error) return system_error("remove", doomed, error.value());
  return {};
}

}  // namespace penchant

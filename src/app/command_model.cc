// penchant model list | info | add | remove: the models of this machine.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "app/commands.h"
#include "app/model_add.h"
#include "app/output.h"
#include "app/setup.h"
#include "base/json.h"
#include "encoder/built_in.h"
#include "encoder/models.h"

namespace penchant {

namespace {

std::string megabytes(uint64_t bytes) {
  return fmt::format("{} MB", with_commas((bytes + 500'000) / 1'000'000));
}

// "zh, en and 92 more"
std::string some_of(const std::vector<std::string>& languages) {
  if (languages.size() <= 4) return fmt::to_string(fmt::join(languages, ", "));
  return fmt::format("{}, {} and {} more", languages[0], languages[1], languages.size() - 2);
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }
std::string or_dash(size_t number) { return number == 0 ? "-" : with_commas(number); }

json::array to_json(const std::vector<std::string>& words) {
  return json::array(words.begin(), words.end());
}

// --- list ----------------------------------------------------------------------------------------

std::string state_of(const ModelInfo& model) {
  if (is_built_in(model.path)) return "built in";
  return model.problem.empty() ? "installed" : "broken";
}

json::object list_line(const ModelInfo& model) {
  json::object line = {{"name", model.name},
                       {"state", state_of(model)},
                       {"path", model.path.string()},
                       {"bytes", model.bytes()},
                       {"dimensions", model.dimensions},
                       {"languages", to_json(model.languages)},
                       {"licence", model.licence}};
  if (!model.problem.empty()) line["problem"] = model.problem;
  return line;
}

json::object list_line(const ModelRecipe& recipe) {
  return {{"name", recipe.name},
          {"state", "available"},
          {"download_bytes", recipe.download_bytes},
          {"bytes", recipe.installed_bytes},
          {"dimensions", recipe.dimensions},
          {"languages", to_json(recipe.languages)},
          {"licence", recipe.licence}};
}

int list(const Arguments& arguments) {
  const Path folder = models_folder(arguments);
  const std::vector<ModelInfo> installed = installed_models(folder);
  std::vector<ModelRecipe> available = model_recipes();
  std::erase_if(available, [&](const ModelRecipe& recipe) {
    return std::any_of(installed.begin(), installed.end(),
                       [&](const ModelInfo& model) { return model.name == recipe.name; });
  });
  std::string out;
  if (arguments.has("json") || !stdout_is_terminal()) {
    for (const ModelInfo& model : installed) out += to_text(list_line(model)) + "\n";
    for (const ModelRecipe& recipe : available) out += to_text(list_line(recipe)) + "\n";
  } else {
    Table table({"model", "state", "size", "dimensions", "languages", "licence", ""});
    for (const ModelInfo& model : installed)
      table.add({model.name, state_of(model), megabytes(model.bytes()), or_dash(model.dimensions),
                 or_dash(some_of(model.languages)), or_dash(model.licence),
                 model.problem.empty() ? model.description : model.problem});
    for (const ModelRecipe& recipe : available)
      table.add({recipe.name, "available", megabytes(recipe.installed_bytes),
                 or_dash(recipe.dimensions), some_of(recipe.languages), recipe.licence,
                 recipe.description});
    out = table.text(terminal_columns());
  }
  const auto written = write_out(out);
  return written.ok() ? 0 : failure(written.error());
}

// --- info ----------------------------------------------------------------------------------------

json::object info_json(const ModelInfo& model) {
  json::array files;
  for (const ModelFile& file : model.files)
    files.push_back({{"name", file.name}, {"bytes", file.bytes}});
  json::object out = {{"name", model.name},
                      {"path", model.path.string()},
                      {"family", model.family},
                      {"dimensions", model.dimensions},
                      {"max_tokens", model.max_tokens},
                      {"fast", model.fast},
                      {"languages", to_json(model.languages)},
                      {"licence", model.licence},
                      {"origin", model.origin},
                      {"bytes", model.bytes()},
                      {"files", std::move(files)}};
  return out;
}

std::string info_text(const ModelInfo& model) {
  std::string out;
  auto line = [&out](std::string_view what, std::string_view value) {
    if (!value.empty()) out += fmt::format("{:<12}{}\n", what, value);
  };
  line("name", model.name);
  line("", model.description);
  line("path", model.path.string());
  line("family", model.family);
  line("dimensions", or_dash(model.dimensions));
  line("max tokens", or_dash(model.max_tokens));
  line("fast", model.fast);
  line("languages", fmt::to_string(fmt::join(model.languages, " ")));
  line("licence", model.licence);
  line("origin", model.origin);
  line("size", megabytes(model.bytes()));
  for (const ModelFile& file : model.files) line("file", file.name);
  return out;
}

int info(const Arguments& arguments, const std::string& name) {
  const auto path = find_model(name, models_folder(arguments));
  if (!path.ok()) return failure(path.error());
  const auto model = describe_model(*path);
  if (!model.ok()) return failure(model.error());
  const bool as_json = arguments.has("json") || !stdout_is_terminal();
  const auto written = write_out(as_json ? to_text(info_json(*model)) + "\n" : info_text(*model));
  return written.ok() ? 0 : failure(written.error());
}

// --- add and remove ------------------------------------------------------------------------------

int add(const Arguments& arguments, std::span<const std::string> models) {
  if (arguments.has("name") && models.size() > 1)
    return usage_error("--name goes with one folder or file");
  for (const std::string& model : models) {
    const auto added = add_model(model, arguments.get("name"), models_folder(arguments));
    if (!added.ok()) return failure(added.error());
    if (!*added) return exit_failure;  // the script has said why
  }
  return 0;
}

int remove(const Arguments& arguments, std::span<const std::string> names) {
  for (const std::string& name : names) {
    const auto removed = remove_model(name, models_folder(arguments));
    if (!removed.ok()) return failure(removed.error());
    fmt::print(stderr, "{} is removed\n", name);
  }
  return 0;
}

}  // namespace

int command_model(const Arguments& arguments) {
  const std::span<const std::string> words = arguments.positionals();
  const std::string& verb = words[0];
  const std::span<const std::string> models = words.subspan(1);
  if (verb == "list")
    return models.empty() ? list(arguments) : usage_error("list takes no further words");
  if (verb != "info" && verb != "add" && verb != "remove")
    return usage_error(fmt::format("\"{}\" is not list, info, add or remove", verb));
  if (models.empty()) return usage_error(fmt::format("{} needs a model", verb));
  if (verb == "add") return add(arguments, models);
  if (verb == "remove") return remove(arguments, models);
  return models.size() == 1 ? info(arguments, models[0]) : usage_error("info takes one model");
}

}  // namespace penchant

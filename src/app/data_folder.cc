#include "app/data_folder.h"

#include <fmt/format.h>

#include <cstdlib>

#include "app/setup.h"
#include "engine/engine.h"

namespace penchant {

namespace {

Result<Path> chosen_data(const Arguments& arguments, Folder folder) {
  const Path data = arguments.get("data");
  if (data.empty()) return invalid("option --data is missing");
  std::error_code ignored;
  if (folder == Folder::existing && !std::filesystem::exists(data / "penchant.db", ignored))
    return not_found(fmt::format("{} is no data folder; penchant import --data {} FILE makes one",
                                 data.string(), data.string()));
  return data;
}

}  // namespace

std::vector<Option> data_options() {
  std::vector<Option> out = engine_options();
  out.insert(out.begin() + 1, {"tenant", "NAME", "whose data in the folder (default: default)"});
  return out;
}

Result<std::unique_ptr<Engine>> open_engine(const Arguments& arguments, Folder folder) {
  EngineOptions options;
  if (folder != Folder::none || arguments.has("data")) {
    const Folder needed = folder == Folder::none ? Folder::existing : folder;
    TRY(options.data_folder, chosen_data(arguments, needed));
  }
  options.models_folder = models_folder(arguments);
  options.model = arguments.get("model");
  TRY(options.threads, chosen_threads(arguments));
  TRY(options.precision, chosen_precision(arguments));
  return Engine::open(options);
}

Result<std::unique_ptr<Store>> open_store(const Arguments& arguments) {
  TRY(const Path data, chosen_data(arguments, Folder::existing));
  return Store::open(data);
}

std::string chosen_tenant(const Arguments& arguments) { return arguments.get("tenant", "default"); }

Result<std::string> chosen_language(const Arguments& arguments) {
  if (arguments.has("language")) {
    const std::string language = arguments.get("language");
    if (language != "en" && language != "zh")
      return invalid(fmt::format("option --language must be en or zh, not \"{}\"", language));
    return language;
  }
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
    if (value == nullptr || *value == 0) continue;
    const std::string_view language = value;
    if (language.starts_with("zh")) return std::string("zh");
    return std::string(language.starts_with("en") ? "en" : "");
  }
  return std::string();
}

}  // namespace penchant

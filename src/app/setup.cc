#include "app/setup.h"

#include <array>
#include <cstdlib>

#include "base/threads.h"
#include "encoder/models.h"

namespace penchant {

std::vector<Option> model_options() {
  return {
      {"model", "M", "an installed model's name, or a folder or file of one", 'm'},
      {"models", "DIR", "where models are installed (default: $PENCHANT_MODELS)"},
      {"threads", "N", "1 to 1024 (default: all processors)"},
      {"precision", "P", "fp32, bf16, int8 or fast (default: fast, which is int8)"},
  };
}

std::vector<Option> engine_options() {
  std::vector<Option> out = model_options();
  out.insert(out.begin(), {"data", "DIR", "the data folder"});
  return out;
}

Path models_folder(const Arguments& arguments) {
  if (arguments.has("models")) return arguments.get("models");
  if (const char* folder = std::getenv("PENCHANT_MODELS"); folder != nullptr && *folder != 0)
    return folder;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data != 0)
    return Path(data) / "penchant/models";
  const char* home = std::getenv("HOME");
  return Path(home == nullptr ? "." : home) / ".local/share/penchant/models";
}

Result<Path> chosen_model(const Arguments& arguments) {
  const std::string name = arguments.get("model");
  return name.empty() ? preferred_model(models_folder(arguments))
                      : find_model(name, models_folder(arguments));
}

Result<int> chosen_threads(const Arguments& arguments) {
  TRY(const int64_t threads, arguments.integer("threads", hardware_threads(), 1, 1024));
  return static_cast<int>(threads);
}

Result<Precision> chosen_precision(const Arguments& arguments) {
  TRY(const size_t precision, arguments.choice("precision", {"fast", "int8", "bf16", "fp32"}));
  return std::array{Precision::fast, Precision::int8, Precision::bf16, Precision::fp32}[precision];
}

}  // namespace penchant

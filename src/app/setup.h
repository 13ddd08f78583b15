// From options and environment to an open engine, encoder or tokenizer: what the commands share.
// Thread-safety: main thread.
#pragma once

#include <memory>
#include <vector>

#include "app/arguments.h"
#include "base/files.h"
#include "base/result.h"
#include "encoder/encoder.h"

namespace penchant {

// --model, --models, --threads, --precision; each with its default in the help.
std::vector<Option> model_options();
// --data, and model_options().
std::vector<Option> engine_options();

// --models, else $PENCHANT_MODELS, else penchant/models in the user's data folder
// ($XDG_DATA_HOME or ~/.local/share).
Path models_folder(const Arguments& arguments);

// The model that --model names: an installed one or the built-in one, else a folder or file.
Result<Path> chosen_model(const Arguments& arguments);

Result<int> chosen_threads(const Arguments& arguments);  // all processors by default
Result<Precision> chosen_precision(const Arguments& arguments);

}  // namespace penchant

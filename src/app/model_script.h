// Runs encoder/assets/add_model.py, which this program carries, with the Python of the machine.
// Thread-safety: one at a time.
#pragma once

#include <string>

#include "base/files.h"
#include "base/result.h"

namespace penchant {

// Adds the model of a recipe to the folder. `recipe` is a file, or the name of an asset
// ("encoder/x.json"). The script talks on stderr, also about what went wrong; false is "it failed
// and said why". An error here is that it could not be run.
Result<bool> run_add_script(const std::string& python, const std::string& recipe,
                            const Path& models_folder);

}  // namespace penchant

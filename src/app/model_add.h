// Adding models to the models folder and taking them out again. Both are all or nothing: a killed
// run leaves no half model. Thread-safety: one at a time; several processes take turns.
#pragma once

#include <string>

#include "base/files.h"
#include "base/result.h"

namespace penchant {

// `what` is the name of a recipe the program carries, a recipe file (.json), or a folder or file of
// the user's own, which stays where it is and becomes a model by a link called `name` (empty: its
// own name). A model counts as added when it opens and encodes a text. Talks on stderr; false: it
// failed and the reason is already told.
Result<bool> add_model(const std::string& what, const std::string& name, const Path& folder);

Result<> remove_model(const std::string& name, const Path& folder);

}  // namespace penchant

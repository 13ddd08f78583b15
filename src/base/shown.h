// A value in an error's sentence. Thread-safety: function.
#pragma once

#include <string>

#include "base/json.h"

namespace penchant {

// As JSON, cut when long.
std::string shown(const json::value& value);

}  // namespace penchant

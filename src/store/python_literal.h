// Python literals as text to JSON values: what print(dict) leaves in files that call themselves
// JSON, such as the metadata of the Amazon reviews of 2014, or lists in a CSV cell. Strict: strings
// ('', "", u prefix, escapes), numbers, True, False, None, lists, tuples, and dicts with string
// keys; nothing is evaluated.
// Thread-safety: a function on values.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace penchant {

// At most limits::json_depth deep, valid UTF-8, the whole text. `place` starts the error message.
Result<json::value> parse_python(std::string_view text, std::string_view place);

}  // namespace penchant

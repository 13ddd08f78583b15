// Words of a text as they are compared: without function words, folded, stemmed.
// Thread-safety: functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "recommend/user_state.h"

namespace penchant {

std::vector<std::string> terms(std::string_view text);

// The same with the words as written, each once.
std::vector<QueryWord> query_words(std::string_view text);

}  // namespace penchant

// WordPiece (BERT): the longest token that starts a word, then again and again the longest that
// goes on; a word that cannot be cut so is unknown as a whole. Thread-safety: immutable.
#pragma once

#include <memory>

#include "text/token_model.h"

namespace penchant {

Result<std::unique_ptr<const TokenModel>> parse_wordpiece(const JsonView& json);

}  // namespace penchant

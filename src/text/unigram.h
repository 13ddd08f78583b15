// Unigram (SentencePiece): of all ways to cut a word into tokens, the one with the highest sum of
// scores, by Viterbi's algorithm: linear in the text, in time and memory. Thread-safety: immutable.
#pragma once

#include <memory>

#include "text/token_model.h"

namespace penchant {

Result<std::unique_ptr<const TokenModel>> parse_unigram(const JsonView& json);

// A score as the package reads it from JSON: the digits as an integer, divided by a power of ten,
// which is one step beside the nearest double one time in nine. Ties between ways to cut a word are
// decided by such steps.
double package_score(double written);

}  // namespace penchant

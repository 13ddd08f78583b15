// Unigram (SentencePiece): of all ways to cut a word into tokens, the one with the highest sum of
// scores, by Viterbi's algorithm: linear in the text, in time and memory. Thread-safety: immutable.
#pragma once

#include <memory>

#include "text/token_model.h"
#include "text/unigram_pieces.h"

namespace penchant {

// `cut`, which may be null, has the vocabulary in place of a mark under "vocab".
Result<std::unique_ptr<const TokenModel>> parse_unigram(const JsonView& json, UnigramPieces* cut);

}  // namespace penchant

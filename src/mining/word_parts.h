// A text's vector taken apart by words, and with it every product with that vector.
//
// A vector is v = s / |s| with s = sum of p_t over the tokens, where p_t is the token's state h_t
// with its weight in the pooling, and behind linear modules what they make of it, so that
//   u . v = sum of (p_t . u) / |s|
// exactly: each token has its part in a similarity, and a word the parts of its tokens. The states
// come from the whole text, so a word's part is what it brings here, among its neighbours. What
// belongs to no word (special tokens, the prompt in front, punctuation, a bias) is one
// part of its own, the rest: spread over the words it would say of them what they did not bring.
//
//   TRY(const WordParts parts, split_vector(encoder, text, Purpose::query, vector));
//   for (double x : contributions(parts, u, dot(u, vector))) ...   // the words', then the rest's
//
// Thread-safety: functions; safe.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "encoder/encoder.h"
#include "math/matrix.h"
#include "text/words.h"

namespace penchant {

struct WordParts {
  // Bytes of the text, in its order; without those behind the last token that the model read.
  std::vector<Word> words;
  Matrix parts;  // [words, dimensions]; with the rest's their sum is the text's vector
};

// `vector` is what encoder.encode() gives the text for the purpose. A token that lies in several
// words is shared among them by length. Fails for invalid UTF-8 and where the model's vectors are
// no such sums (Encoder::token_parts).
Result<WordParts> split_vector(Encoder& encoder, std::string_view text, Purpose purpose,
                               std::span<const float> vector);

// What each word brings to `total`, the product of the text's vector and `direction`, and last what
// the rest does: total less the words'. [words + 1]
std::vector<double> contributions(const WordParts& parts, std::span<const float> direction,
                                  double total);

}  // namespace penchant

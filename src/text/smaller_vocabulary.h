// Part of a tokenizer's vocabulary: a tokenizer.json that cuts texts into some of its tokens only.
// Thread-safety: functions on values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/tokenizer.h"

namespace penchant {

// How often each token stands in the texts: [vocabulary_size()].
std::vector<uint64_t> count_tokens(std::span<const std::vector<int32_t>> texts, size_t vocabulary);

// The `most` tokens that occur most often, by id; those that do not occur are never among them.
std::vector<int32_t> frequent_tokens(std::span<const uint64_t> counts, size_t most);

// What else of a tokenizer.json stays: nothing, since a bag of tokens needs neither template nor
// truncation nor padding; or all of it, and with it every added token.
enum class Rest { none, all };

// `json` with the tokens `ids` (rising) and the unknown one, renumbered in their order: the new ids
// begin at 0. Unigram and WordPiece, which cut a text anew when a token is missing; others are
// refused by name.
struct SmallerVocabulary {
  std::string json;
  std::vector<int32_t> ids;  // of the whole vocabulary, for each new one
  int32_t unknown = -1;      // the new id of the unknown token, or -1
};
Result<SmallerVocabulary> keep_tokens(std::string_view json, std::string_view place,
                                      std::span<const int32_t> ids, Rest rest);

}  // namespace penchant

// What turns one word into tokens: the vocabulary and the way to search it. The one interface of
// this module; a further model is one more file. Thread-safety: immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/tokenizer_json.h"

namespace penchant {

struct Token {
  int32_t id = 0;
  uint32_t begin = 0;  // bytes of the word
  uint32_t end = 0;
};

class TokenModel {
 public:
  virtual ~TokenModel() = default;

  // Appends the tokens of `word`, which is not empty and valid UTF-8.
  virtual Result<> tokenize(std::string_view word, std::vector<Token>& tokens) const = 0;

  virtual size_t token_count() const = 0;                      // how many tokens there are
  virtual size_t vocabulary_size() const = 0;                  // ids are below
  virtual std::string_view token(int32_t id) const = 0;        // "" for an id without a token
  virtual int32_t token_id(std::string_view token) const = 0;  // -1 when there is none
};

// Reads "model" of a tokenizer.json.
Result<std::unique_ptr<const TokenModel>> parse_model(const JsonView& json);

}  // namespace penchant

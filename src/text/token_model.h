// What turns one word into tokens: the vocabulary and the way to search it. The one interface of
// this module; a further model is one more file. Thread-safety: immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "text/tokenizer_json.h"
#include "text/vocabulary.h"

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
  // The ids of a word whose bytes stand for characters each (text/byte_level.h).
  virtual Result<> tokenize_bytes(std::string_view word, std::vector<int32_t>& ids) const;

  // What a token is called for a `piece` of text: that is where white space is looked for when
  // offsets are trimmed.
  virtual std::string_view name(int32_t id, std::string_view /*piece*/) const {
    return vocabulary_.token(id);
  }

  // What starts a new word wherever it follows something else, so that a text may be cut before it
  // without changing its tokens; empty when there is no such thing.
  virtual std::string_view word_start() const { return {}; }

  const Vocabulary& vocabulary() const { return vocabulary_; }

 protected:
  explicit TokenModel(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}

 private:
  const Vocabulary vocabulary_;
};

struct UnigramPieces;

// Reads "model" of a tokenizer.json; `cut`, which may be null, as parse_unigram() wants it.
Result<std::unique_ptr<const TokenModel>> parse_model(const JsonView& json, UnigramPieces* cut);

// Its "vocab", where that is an object of tokens and their ids (WordPiece and BPE).
Result<Vocabulary> parse_vocabulary(const JsonView& model);

}  // namespace penchant

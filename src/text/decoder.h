// The "decoder" of a tokenizer.json: tokens back to text. What the package calls a decoder is a
// step that rewrites the list of tokens; what is left is joined. Thread-safety: immutable.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "text/normalizer.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer_json.h"

namespace penchant {

namespace decoders {

struct WordPiece {
  std::string prefix;
  bool cleans_up = true;  // no space before punctuation and in English contractions
};
struct ByteLevel {};
struct ByteFallback {};  // "<0x0A>" to the byte
struct Fuse {};          // all tokens to one
struct WordEnd {
  std::string suffix;  // becomes a space
};
struct Strip {
  char32_t character = 0;
  size_t left = 0, right = 0;  // at most so many
};
using Step = std::variant<WordPiece, ByteLevel, ByteFallback, Fuse, WordEnd, Strip,
                          normalizers::Replace, pre_tokenizers::Metaspace>;

}  // namespace decoders

class Decoder {
 public:
  Decoder() = default;  // puts a space between tokens
  static Result<Decoder> parse(const JsonView& json);

  // Fails beyond limits::decoded_bytes and when a regular expression takes too many steps.
  Result<std::string> decode(std::vector<std::string> tokens) const;
  static Error too_long();

 private:
  Result<> add_steps(const JsonView& json);

  bool is_there_ = false;
  std::vector<decoders::Step> steps_;
};

}  // namespace penchant

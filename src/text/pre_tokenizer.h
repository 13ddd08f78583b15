// The "pre_tokenizer" of a tokenizer.json: steps that cut a normalised text into words, each a span
// of it. Thread-safety: immutable.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "text/aligned_text.h"
#include "text/pattern.h"
#include "text/tokenizer_json.h"

namespace penchant {

// A word, never empty.
struct WordSpan {
  uint32_t begin = 0;  // bytes of the normalised text
  uint32_t end = 0;
  uint32_t original_begin = 0;  // where in the original it was cut out
};

namespace pre_tokenizers {

// What becomes of the separators between words.
enum class Separators { removed, isolated, merged_with_previous, merged_with_next, contiguous };

struct Bert {};
struct Whitespace {};  // words, and what is neither word nor white space
struct WhitespaceSplit {};
struct Punctuation {
  Separators behavior = Separators::isolated;
};
struct Digits {
  bool are_individual = false;
};
struct Delimiter {
  char32_t delimiter = 0;
};
struct Split {
  Pattern pattern;
  Separators behavior = Separators::isolated;
  bool is_inverted = false;  // the pattern matches words, not separators
};
struct Metaspace {
  enum class Prepend { always, first, never };
  char32_t replacement = 0;
  std::string text;  // the same in UTF-8
  Prepend prepend = Prepend::always;
  bool splits = true;
};
struct PrefixSpace {};  // in front of words that have none
struct ByteLevel {};    // bytes as characters, so that a vocabulary needs no unknown token
using Step = std::variant<Bert, Whitespace, WhitespaceSplit, Punctuation, Digits, Delimiter, Split,
                          Metaspace, PrefixSpace, ByteLevel>;

}  // namespace pre_tokenizers

Result<pre_tokenizers::Metaspace> parse_metaspace(const JsonView& json);

class PreTokenizer {
 public:
  PreTokenizer() = default;  // makes the whole text one word
  static Result<PreTokenizer> parse(const JsonView& json);

  // Memory kept from one text to the next.
  struct Scratch {
    AlignedText text;
    std::vector<WordSpan> words;
    struct Slice {
      uint32_t begin = 0;
      uint32_t end = 0;
      bool is_match = false;
    };
    std::vector<Slice> slices;
    bool gave_up = false;  // a regular expression ran out of steps
  };

  // Cuts each of `words`, spans of `text`, into more; a step may rewrite the text. Fails only when
  // a regular expression takes too many steps.
  // `leaves_bytes`: without a ByteLevel at the end, which the caller does word by word.
  Result<> apply(AlignedText& text, std::vector<WordSpan>& words, Scratch& scratch,
                 bool leaves_bytes = false) const;
  bool ends_with_bytes() const;
  // Whether words depend on where in the original text they come from.
  bool needs_origins() const;

 private:
  Result<> add_steps(const JsonView& json);
  Result<> add_byte_level(const JsonView& json);

  std::vector<pre_tokenizers::Step> steps_;
};

}  // namespace penchant

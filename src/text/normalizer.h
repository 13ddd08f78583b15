// The "normalizer" of a tokenizer.json: steps that change a text before it is cut, each keeping
// track of where every character came from. Thread-safety: immutable.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "text/aligned_text.h"
#include "text/charsmap.h"
#include "text/pattern.h"
#include "text/tokenizer_json.h"
#include "text/unicode_forms.h"

namespace penchant {

namespace normalizers {

struct Bert {
  bool cleans = true;          // drop control characters, make all white space a space
  bool spaces_chinese = true;  // a space on either side of every Chinese character
  bool strips_accents = true;
  bool lowers = true;
};
struct Lowercase {};
struct StripAccents {};
struct Nmt {};
struct Strip {
  bool left = true;
  bool right = true;
};
struct Replace {
  Pattern pattern;
  std::string content;
};
struct Prepend {
  std::string text;
};
struct ByteLevel {};  // bytes as characters (text/byte_level.h)
using Step = std::variant<Bert, UnicodeForm, Lowercase, StripAccents, Nmt, Strip, Replace, Prepend,
                          ByteLevel, Charsmap>;

}  // namespace normalizers

Result<normalizers::Replace> parse_replace(const JsonView& json);

class Normalizer {
 public:
  Normalizer() = default;  // leaves every text as it is
  static Result<Normalizer> parse(const JsonView& json);

  // Fails only when a regular expression takes too many steps.
  Result<> apply(AlignedText& text) const;

 private:
  Result<> add_steps(const JsonView& json);

  std::vector<normalizers::Step> steps_;
};

}  // namespace penchant

// What Split and Replace look for: a string, or a regular expression of the few kinds that
// published tokenizers use. Those are characters and classes in a row, of which the last may be
// repeated: " {2,}", "\s+", "[0-9]", "[^a-z\d]{1,3}". Anything else is refused by name, and so is
// what can match nothing. Thread-safety: immutable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace penchant {

class JsonView;

class Pattern {
 public:
  static Result<Pattern> parse(const JsonView& json);  // {"String": "x"} or {"Regex": "x+"}
  static Result<Pattern> literal(std::string_view text);
  static Result<Pattern> regex(std::string_view text);

  struct Match {
    size_t begin = 0;
    size_t end = 0;
  };
  // The first match at or after `from`; false when there is none.
  bool find(std::string_view text, size_t from, Match& match) const;

 private:
  // A set of code points.
  struct Class {
    bool is_negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;
    uint32_t flags = 0;                    // of CodePoint, any of which will do
    std::vector<uint32_t> flags_not_held;  // each a flag whose absence will do: \S \D \W
    bool holds(char32_t c) const;
  };
  class Parser;

  bool match_at(std::string_view text, size_t begin, size_t& end) const;

  std::string literal_;         // instead of classes_
  std::vector<Class> classes_;  // one character each
  size_t last_at_least_ = 1;    // repetitions of the last of them
  size_t last_at_most_ = 1;
};

}  // namespace penchant

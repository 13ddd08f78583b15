// What Split and Replace look for: a string, or a regular expression (text/regex.h).
// Thread-safety: immutable.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "text/regex.h"

namespace penchant {

class JsonView;

class Pattern {
 public:
  static Result<Pattern> parse(const JsonView& json);  // {"String": "x"} or {"Regex": "x+"}
  static Result<Pattern> literal(std::string_view text);
  static Result<Pattern> regex(std::string_view text);

  using Match = Regex::Match;
  // As Regex::find.
  bool find(std::string_view text, size_t from, Match& match, size_t& steps) const;

 private:
  std::variant<std::string, Regex> what_;
};

}  // namespace penchant

// The regular expressions by which published tokenizers cut texts. Of the language of Oniguruma,
// which the `tokenizers` package runs, what such files use:
//
//   characters, ., \s \d \w \p{L} \p{Lu} and their negations, [classes], |, ( ), (?: ), (?i: ),
//   lookahead (?= ) (?! ), and the greedy ? * + {n,m} and possessive ?+ *+ ++ on one character or
//   class; a group takes ? alone.
//
// Anything else is refused by name, and so is what can match nothing. The first alternative that
// matches wins, as in Oniguruma. Matching goes back and tries again, which can take for ever on
// made-up expressions: so it counts its steps and gives up. Thread-safety: immutable.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace penchant {

class Regex {
 public:
  static Result<Regex> parse(std::string_view text);

  struct Match {
    size_t begin = 0;
    size_t end = 0;
  };
  // The first match at or after `from`. False when there is none, or when `steps`, which are
  // counted down, are used up.
  bool find(std::string_view text, size_t from, Match& match, size_t& steps) const;

  // More than any published expression needs for all matches in a text of `bytes`.
  static constexpr size_t steps_for(size_t bytes) { return 256 * bytes + 65'536; }
  static Error out_of_steps() {
    return invalid("the regular expression takes too many steps on this text");
  }

 private:
  friend class RegexParser;

  using Ascii = std::bitset<128>;

  // A set of code points.
  struct Class {
    bool is_negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;
    uint32_t categories = 0;               // by category::mask
    uint32_t flags = 0;                    // of CodePoint, any of which will do
    std::vector<uint32_t> flags_not_held;  // each a flag whose absence will do: \S \D \W
    Ascii ascii;                           // what the above says about the first 128

    bool holds_by_rules(char32_t c) const;
    bool may_hold_beyond_ascii() const;
    bool holds(char32_t c) const { return c < 128 ? ascii[c] : holds_by_rules(c); }
  };

  // The expression as a graph: each node says what must come, and which node follows.
  struct Node {
    enum class Kind { run, choice, ahead, not_ahead, end };
    Kind kind = Kind::end;
    uint32_t of_class = 0;       // run: so many of the class
    size_t least = 1, most = 1;  //
    bool keeps_all = false;      // possessive: never gives back
    std::vector<uint32_t>
        branches;                // choice: the first that leads to the end; lookahead: its start
    uint32_t next = 0;           // not of choice, whose branches lead on themselves
    Ascii starts;                // what may come first here
    bool starts_beyond = false;  // whether something beyond ASCII may

    bool may_start(char byte) const {
      const auto c = static_cast<unsigned char>(byte);
      return c < 128 ? starts[c] : starts_beyond;
    }
  };

  uint32_t add(Node node);
  bool match(uint32_t node, std::string_view text, size_t at, size_t& end, size_t& steps) const;

  std::vector<Class> classes_;
  std::vector<Node> nodes_;
  uint32_t start_ = 0;
};

}  // namespace penchant

// Words of a text prepared for mining: their form for comparing, how rare their language has them,
// and what part a word may play in a phrase.
// Thread-safety: functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penchant {

enum class Role : uint8_t {
  none,      // function words, numbers, verbs, adverbs: phrases end here
  joint,     // "of", "of the": only between two names
  modifier,  // may stand in a phrase, not at its end
  head,      // may be a phrase, or end one
};

struct PhraseWord {
  std::string_view written;
  std::string key;  // folded and stemmed
  bool is_han = false;
  bool starts = false;    // a gap that no phrase spans lies before it
  bool function = false;  // a function word or a number
  bool capital = false;   // begins with a capital
  bool acronym = false;   // all capitals, or digits with letters
  bool glued = false;     // nothing or only a hyphen lies before it
  bool dotted = false;    // the dot of foreign names lies before it
  Role role = Role::none;
  bool verbal = false;  // -ing, -ed, or a Chinese verb
  bool weak = false;    // Chinese verbs and set phrases: need more than one occurrence to count
  bool adjective = false;
  double background = 0;  // share of running words in its language, 0: not known
};

// Without roles: enough to count words (tagging takes most of the time).
std::vector<PhraseWord> split_tokens(std::string_view text);

// Sets the roles.
void assign_roles(std::vector<PhraseWord>& tokens);

// A stable hash of a word or of neighbouring words, the key of catalogue counts.
uint64_t word_key(std::string_view word);
uint64_t pair_key(std::string_view first, std::string_view second);

}  // namespace penchant

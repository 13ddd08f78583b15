// Chinese words: the carried dictionary (frequency and word class) and the split of a run of Han
// characters into the most likely words. ICU's own dictionary has no frequencies and cuts compounds
// such as "high performance" to pieces.
// Thread-safety: functions; safe. The dictionary is unpacked on first use (about 20 ms).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace penchant {

enum class HanClass : uint8_t {
  other,  // particles, pronouns, prepositions, conjunctions
  noun,
  name,  // of persons, places, organisations
  verb,
  verbal_noun,
  adjective,  // and those that only stand before nouns
  adverb,
  number,  // and measure words
  idiom,   // of four characters, mostly
  phrase,  // other set phrases
};

struct HanWord {
  HanClass word_class = HanClass::other;
  float log_probability = 0;  // natural logarithm of its share of running words
};

// The dictionary's entry for a whole word of Han characters.
std::optional<HanWord> find_han_word(std::string_view word);

// Lengths in characters of the most likely words that `run` consists of.
std::vector<uint8_t> split_han(std::u16string_view run);

}  // namespace penchant

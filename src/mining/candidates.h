// Phrases of a text that may be its keywords, each with what speaks for it.
// Thread-safety: functions.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penchant {

class KeywordStatistics;

// What speaks for a phrase; the score is a weighted sum (mining/keywords.cc).
enum class Feature : uint8_t {
  one,      // constant
  count,    // log of the occurrences
  alone,    // share of the occurrences in which no longer phrase holds it
  rarity,   // mean inverse document frequency of its words
  rarest,   // that of the rarest word
  support,  // mean log count of its words in the text
  early,    // 1 at the beginning, falling with the place of its first word
  title,    // stands in the first sentence
  words2,   // consists of two words; of three; of four
  words3,
  words4,
  length,  // log of the characters
  name,    // every time written with capitals, not at the start of a sentence
  acronym,
  adjective,  // begins with an adjective
  verbal,     // begins with a participle, a gerund or a Chinese verb
  ends_verbal,
  known_pair,  // log of the texts of the catalogue with its least frequent pair of words, up to 10
  cohesion,    // share of the texts with the rarer of two neighbours that have both, least of pairs
  single,      // holds a single Han character
  count_,
};
constexpr size_t feature_count = static_cast<size_t>(Feature::count_);

struct Candidate {
  std::string text;                // as most often written
  std::vector<std::string> words;  // folded and stemmed, in order
  bool is_han = false;
  size_t first = 0;  // number of its first word in the text
  std::array<float, feature_count> features = {};
  float score = 0;

  float& operator[](Feature feature) { return features[static_cast<size_t>(feature)]; }
};

// In the order of their first words.
std::vector<Candidate> find_candidates(std::string_view text, const KeywordStatistics& statistics);

}  // namespace penchant

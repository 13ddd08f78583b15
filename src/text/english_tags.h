// What each word of an English sentence is: the most likely sequence of tags, from a word list
// (WordNet's words and how often they were met as noun, verb, adjective and adverb), word endings
// and what usually follows what. Right for about nine of ten words: enough to see phrases, no more.
// Thread-safety: functions; safe. The list is unpacked on first use (about 10 ms).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace penchant {

enum class EnglishTag : uint8_t {
  noun,
  adjective,
  verb,        // finite or infinitive
  gerund,      // -ing
  participle,  // -ed and irregular past forms
  adverb,
  determiner,
  preposition,
  to,
  auxiliary,
  pronoun,
  conjunction,
  number,
};

// Tags of the words of one sentence, given folded.
std::vector<EnglishTag> tag_english(std::span<const std::string_view> folded_words);

// How often one meets the word in English: its share of running words, 0 for words not listed.
double english_frequency(std::string_view folded_word);

}  // namespace penchant

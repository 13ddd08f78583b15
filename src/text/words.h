// Words of a text in any language (ICU word boundaries, with its dictionary for Chinese and
// Japanese), their form for comparing, and the script a text is written in.
// Thread-safety: functions; safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penchant {

struct Word {
  uint32_t begin = 0;  // bytes of the text, half open
  uint32_t end = 0;
  bool is_han = false;     // written in Han, Hiragana or Katakana
  bool is_number = false;  // digits only
};

// Words in order, without white space and punctuation. `text` is valid UTF-8.
std::vector<Word> split_words(std::string_view text);

// Sentences in order (byte spans, end exclusive), by ICU's rules for the root locale.
std::vector<Word> split_sentences(std::string_view text);

// The form in which words are compared: NFKC and case folding, accents kept, a typographic
// apostrophe made plain.
std::string fold(std::string_view text);

// The folded word reduced to its stem where we know how (English: Porter 2, for purely Latin
// words); otherwise the folded word itself.
std::string stem(std::string_view folded_word);

// "zh" when most letters are Han, else "en": the language in which to explain things.
std::string_view explain_language(std::string_view text);

bool is_stop_word(std::string_view folded_word);  // English and Chinese function words

}  // namespace penchant

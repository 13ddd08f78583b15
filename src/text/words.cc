#include "text/words.h"

#include <libstemmer.h>
#include <unicode/brkiter.h>
#include <unicode/normalizer2.h>
#include <unicode/uscript.h>
#include <unicode/utext.h>

#include <algorithm>
#include <memory>
#include <unordered_set>

#include "base/assets.h"
#include "base/check.h"
#include "base/lines.h"
#include "base/utf8.h"
#include "text/han_words.h"

namespace penchant {

namespace {

constexpr size_t han_bytes = 3;  // of a Han character in UTF-8

// ICU objects are costly to make and not thread-safe: one of each a thread.
using BreakIteratorFactory = icu::BreakIterator* (*)(const icu::Locale&, UErrorCode&);

std::unique_ptr<icu::BreakIterator> make_iterator(BreakIteratorFactory factory) {
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<icu::BreakIterator> iterator(factory(icu::Locale::getRoot(), status));
  CHECK(U_SUCCESS(status), "ICU has break rules for the root locale");
  return iterator;
}

// Opens UTF-8 for ICU without copying it; boundaries come out in bytes.
class Utf8Text {
 public:
  explicit Utf8Text(std::string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    text_ = utext_openUTF8(nullptr, text.data(), static_cast<int64_t>(text.size()), &status);
    CHECK(U_SUCCESS(status), "UTF-8 opens as UText");
  }
  ~Utf8Text() { utext_close(text_); }
  Utf8Text(const Utf8Text&) = delete;
  Utf8Text& operator=(const Utf8Text&) = delete;
  UText* get() { return text_; }

 private:
  UText* text_;
};

template <class Visit>
void for_each_piece(icu::BreakIterator& iterator, std::string_view text, Visit visit) {
  if (text.empty()) return;
  Utf8Text utf8(text);
  UErrorCode status = U_ZERO_ERROR;
  iterator.setText(utf8.get(), status);
  CHECK(U_SUCCESS(status), "ICU takes the text");
  int32_t begin = iterator.first();
  for (int32_t end = iterator.next(); end != icu::BreakIterator::DONE; end = iterator.next()) {
    visit(static_cast<uint32_t>(begin), static_cast<uint32_t>(end), iterator.getRuleStatus());
    begin = end;
  }
}

bool is_han(char32_t c) {
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(static_cast<UChar32>(c), &status);
  return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA;
}

bool is_kana(char32_t c) { return c >= 0x3040 && c <= 0x30FF; }

// Replaces the words from `first` on, which touch each other and are Han, by the dictionary's most
// likely split. Where ours does not know the words (Traditional characters, Japanese) it makes more
// pieces than ICU's own, which then stands.
void split_better(std::string_view text, std::vector<Word>& words, size_t first) {
  if (first == words.size() || !words[first].is_han) return;
  if (words.back().end - words[first].begin < 2 * han_bytes) return;
  std::u16string run;
  std::vector<uint32_t> places;
  for (size_t at = words[first].begin; at < words.back().end;) {
    places.push_back(static_cast<uint32_t>(at));
    const char32_t c = utf8_next(text, at);
    if (is_kana(c)) return;
    run.push_back(c <= 0xFFFF ? static_cast<char16_t>(c) : u'\uFFFD');
  }
  places.push_back(words.back().end);
  const std::vector<uint8_t> lengths = split_han(run);
  if (lengths.size() > words.size() - first) return;
  words.resize(first);
  size_t character = 0;
  for (const uint8_t length : lengths) {
    words.push_back(
        {.begin = places[character], .end = places[character + length], .is_han = true});
    character += length;
  }
}

// ICU keeps "medicine.Medical" together for the sake of host names; here two sentences met without
// a space between them.
void split_at_forgotten_space(std::string_view text, std::vector<Word>& words) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  for (uint32_t i = words.back().begin + 1; i + 1 < words.back().end; ++i)
    if (text[i] == '.' && lower(text[i - 1]) && upper(text[i + 1])) {
      const Word rest{.begin = i + 1, .end = words.back().end};
      words.back().end = i;
      words.push_back(rest);
    }
}

std::unordered_set<std::string_view> read_stop_words() {
  std::unordered_set<std::string_view> words;
  for (const char* name : {"text/stop_words_en.txt", "text/stop_words_zh.txt"}) {
    for_each_line(assets::get(name), [&](std::string_view word) {
      if (!word.empty() && word[0] != '#') words.insert(word);
    });
  }
  return words;
}

}  // namespace

std::vector<Word> split_words(std::string_view text) {
  static thread_local const auto iterator = make_iterator(icu::BreakIterator::createWordInstance);
  std::vector<Word> words;
  size_t run = 0;  // the first of the last words that touch each other and are Han
  for_each_piece(*iterator, text, [&](uint32_t begin, uint32_t end, int32_t status) {
    if (status < UBRK_WORD_NONE_LIMIT) return;  // white space and punctuation
    Word word{.begin = begin, .end = end};
    word.is_number = status < UBRK_WORD_NUMBER_LIMIT;
    size_t at = begin;
    word.is_han = status >= UBRK_WORD_KANA || is_han(utf8_next(text, at));
    const bool goes_on =
        word.is_han && !words.empty() && words.back().is_han && words.back().end == begin;
    if (!goes_on) {
      split_better(text, words, run);
      run = words.size();
    }
    words.push_back(word);
    split_at_forgotten_space(text, words);
  });
  split_better(text, words, run);
  return words;
}

std::vector<Word> split_sentences(std::string_view text) {
  static thread_local const auto iterator =
      make_iterator(icu::BreakIterator::createSentenceInstance);
  std::vector<Word> sentences;
  for_each_piece(*iterator, text, [&](uint32_t begin, uint32_t end, int32_t) {
    sentences.push_back({.begin = begin, .end = end});
  });
  return sentences;
}

std::string fold(std::string_view text) {
  if (std::all_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    std::string folded(text);
    for (char& c : folded)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return folded;
  }
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFKCCasefoldInstance(status);
  CHECK(U_SUCCESS(status), "ICU has NFKC_Casefold");
  std::string folded;
  icu::StringByteSink<std::string> sink(&folded);
  normalizer->normalizeUTF8(0, {text.data(), static_cast<int32_t>(text.size())}, sink, nullptr,
                            status);
  CHECK(U_SUCCESS(status), "ICU folds valid UTF-8");
  constexpr std::string_view quote = "\u2019";
  for (size_t at = 0; (at = folded.find(quote, at)) != folded.npos; ++at) {
    folded[at] = '\'';
    folded.erase(at + 1, quote.size() - 1);
  }
  return folded;
}

std::string stem(std::string_view folded_word) {
  const bool latin = std::all_of(folded_word.begin(), folded_word.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || c == '\''; });
  if (!latin || folded_word.empty()) return std::string(folded_word);
  struct Delete {
    void operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }
  };
  static thread_local const std::unique_ptr<sb_stemmer, Delete> stemmer(
      sb_stemmer_new("english", "UTF_8"));
  CHECK(stemmer != nullptr, "libstemmer knows English");
  const auto* stemmed =
      sb_stemmer_stem(stemmer.get(), reinterpret_cast<const sb_symbol*>(folded_word.data()),
                      static_cast<int>(folded_word.size()));
  return {reinterpret_cast<const char*>(stemmed),
          static_cast<size_t>(sb_stemmer_length(stemmer.get()))};
}

std::string_view explain_language(std::string_view text) {
  size_t han = 0, other = 0;
  for (size_t at = 0; at < text.size();) {
    const char32_t c = utf8_next(text, at);
    if (is_han(c)) {
      ++han;
    } else if (c > 0x7F || (c | 0x20) - U'a' < 26) {
      ++other;
    }
  }
  // A Han character says about as much as two or three letters.
  return han * 2 > other ? "zh" : "en";
}

bool is_stop_word(std::string_view folded_word) {
  static const std::unordered_set<std::string_view> words = read_stop_words();
  return words.contains(folded_word);
}

}  // namespace penchant

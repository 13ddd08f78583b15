#include "mining/match_words.h"

#include <algorithm>
#include <set>

#include "base/utf8.h"
#include "text/han_words.h"
#include "text/words.h"

namespace penchant {

namespace {

struct Part {
  uint32_t begin = 0, end = 0;
};

// Han text is compared by characters: word boundaries depend on the words around.
struct HanRun {
  std::u32string characters;
  std::vector<Part> places;  // of each character in the text
};

std::vector<HanRun> han_runs(std::string_view text) {
  std::vector<HanRun> runs;
  uint32_t last_end = 0;
  for (const Word& word : split_words(text)) {
    if (!word.is_han) continue;
    if (runs.empty() || last_end != word.begin) runs.emplace_back();
    for (size_t at = word.begin; at < word.end;) {
      const auto begin = static_cast<uint32_t>(at);
      runs.back().characters.push_back(utf8_next(text, at));
      runs.back().places.push_back({begin, static_cast<uint32_t>(at)});
    }
    last_end = word.end;
  }
  return runs;
}

// Particles (of, and, at, ...) at either end are not part of what matched; inside it they may be.
void trim_particles(const std::u32string& characters, size_t& begin, size_t& end) {
  constexpr std::u32string_view particles =
      U"\u7684\u4e86\u548c\u662f\u5728\u4e0e\u53ca\u6216\u800c\u4e5f\u90fd\u5c31\u5417\u5462\u5427"
      U"\u554a";
  while (begin < end && particles.find(characters[begin]) != particles.npos) ++begin;
  while (begin < end && particles.find(characters[end - 1]) != particles.npos) --end;
}

// Longest first: takes the longest run of `a` that occurs in `b`, then what is left on both sides.
void common_runs(const HanRun& a, size_t begin, size_t end, const std::vector<HanRun>& b,
                 std::vector<Part>& found) {
  constexpr size_t shortest = 2;
  for (size_t length = end - begin; length >= shortest && length <= end - begin; --length)
    for (size_t at = begin; at + length <= end; ++at)
      for (const HanRun& other : b)
        if (other.characters.find(a.characters.substr(at, length)) != std::u32string::npos) {
          common_runs(a, begin, at, b, found);
          size_t first = at, last = at + length;
          trim_particles(a.characters, first, last);
          if (last - first >= shortest)
            found.push_back({a.places[first].begin, a.places[last - 1].end});
          common_runs(a, at + length, end, b, found);
          return;
        }
}

// Where `text` has a Han character as a word, or as the second of two of which the first is a verb.
void single_characters(std::string_view text, const std::vector<HanRun>& phrase_runs,
                       std::vector<Part>& found) {
  std::vector<std::string> wanted;
  for (const HanRun& run : phrase_runs) {
    if (run.characters.size() == 1) utf8_append(wanted.emplace_back(), run.characters[0]);
  }
  if (wanted.empty()) return;
  for (const Word& word : split_words(text)) {
    const std::string_view written = text.substr(word.begin, word.end - word.begin);
    for (const std::string& character : wanted) {
      if (!written.ends_with(character)) continue;
      const auto verb = find_han_word(written.substr(0, written.size() - character.size()));
      const bool is_object =
          verb && verb->word_class == HanClass::verb && written.size() == 2 * character.size();
      if (written != character && !is_object) continue;
      found.push_back({word.end - static_cast<uint32_t>(character.size()), word.end});
    }
  }
}

}  // namespace

std::vector<std::string> matched_words(std::string_view text, std::string_view phrase) {
  std::set<std::string> wanted;
  for (const Word& word : split_words(phrase))
    if (!word.is_han) wanted.insert(stem(fold(phrase.substr(word.begin, word.end - word.begin))));
  std::vector<Part> found;
  for (const Word& word : split_words(text)) {
    if (word.is_han) continue;
    const std::string folded = fold(text.substr(word.begin, word.end - word.begin));
    if (!is_stop_word(folded) && wanted.contains(stem(folded)))
      found.push_back({word.begin, word.end});
  }
  const auto phrase_runs = han_runs(phrase);
  single_characters(text, phrase_runs, found);
  if (!phrase_runs.empty())
    for (const HanRun& run : han_runs(text)) {
      // A run longer than any interest is cut: the search is cubic in its length.
      constexpr size_t run_max = 64;
      for (size_t at = 0; at < run.characters.size(); at += run_max)
        common_runs(run, at, std::min(run.characters.size(), at + run_max), phrase_runs, found);
    }
  std::sort(found.begin(), found.end(),
            [](const Part& a, const Part& b) { return a.begin < b.begin; });
  std::vector<std::string> words;
  for (const Part& part : found) {
    std::string word(text.substr(part.begin, part.end - part.begin));
    const bool known = std::find(words.begin(), words.end(), word) != words.end();
    if (!known && !is_stop_word(fold(word))) words.push_back(std::move(word));
  }
  return words;
}

}  // namespace penchant

#include "text/english_tags.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "base/assets.h"
#include "base/check.h"
#include "base/lines.h"
#include "text/packed_asset.h"

namespace penchant {

namespace {

constexpr size_t tags = 13;
using Weights = std::array<float, tags>;  // of each tag; 0: impossible

constexpr std::array<std::string_view, tags> tag_names = {
    "noun",        "adjective", "verb",      "gerund",  "participle",  "adverb", "determiner",
    "preposition", "to",        "auxiliary", "pronoun", "conjunction", "number"};

constexpr size_t index(EnglishTag tag) { return static_cast<size_t>(tag); }

struct Entry {
  std::array<int8_t, 4> levels = {-1, -1, -1, -1};  // log2(1 + count) as noun, verb, adj., adverb
  std::string_view base;                            // of an irregular form
};

double count(int8_t level) { return level < 0 ? 0 : std::exp2(level) - 0.5; }

class WordList {
 public:
  static const WordList& get() {
    static const WordList list;
    return list;
  }

  const Entry* find(std::string_view word) const {
    const auto entry = entries_.find(word);
    return entry == entries_.end() ? nullptr : &entry->second;
  }
  const Weights* find_function_word(std::string_view word) const {
    const auto entry = function_words_.find(word);
    return entry == function_words_.end() ? nullptr : &entry->second;
  }

 private:
  WordList() : text_(unpack_asset("text/english_words.z")) {
    for_each_line(text_, [&](std::string_view line) {
      const size_t space = line.find(' '), equals = line.find('=');
      if (equals != line.npos) {
        entries_[line.substr(0, equals)].base = line.substr(equals + 1);
      } else if (space != line.npos) {
        Entry& entry = entries_[line.substr(0, space)];
        for (size_t part = 0; part < 4; ++part) {
          const char c = line[space + 1 + part];
          entry.levels[part] = static_cast<int8_t>(c == '-' ? -1 : c - '0');
        }
      }
    });
    for_each_line(assets::get("text/function_words_en.txt"), [&](std::string_view line) {
      if (line.empty() || line[0] == '#') return;
      size_t end = line.find(' ');
      const auto tag = std::find(tag_names.begin(), tag_names.end(), line.substr(0, end));
      CHECK(tag != tag_names.end(), "function_words_en.txt names tags");
      while (end != line.npos) {
        const size_t begin = end + 1;
        end = line.find(' ', begin);
        function_words_[line.substr(begin, end - begin)]
                       [static_cast<size_t>(tag - tag_names.begin())] = 1;
      }
    });
  }

  std::string text_;
  std::unordered_map<std::string_view, Entry> entries_;
  std::unordered_map<std::string_view, Weights> function_words_;
};

// The regular bases a form may come from: "studies" -> study, "stopped" -> stop, "making" -> make.
template <class Visit>
void for_each_base(std::string_view word, std::string_view ending, Visit visit) {
  if (word.size() < ending.size() + 2 || !word.ends_with(ending)) return;
  const std::string stem(word.substr(0, word.size() - ending.size()));
  visit(stem);
  if (ending != "s") visit(stem + "e");
  if (ending[0] != 'i' && ending != "s" && stem.back() == 'i')
    visit(stem.substr(0, stem.size() - 1) + "y");
  if (ending == "s" && stem.size() > 2 && stem.back() == 'e') {
    visit(stem.substr(0, stem.size() - 1));
    if (stem[stem.size() - 2] == 'i') visit(stem.substr(0, stem.size() - 2) + "y");
  }
  const size_t n = stem.size();
  if (n > 2 && stem[n - 1] == stem[n - 2]) visit(stem.substr(0, n - 1));
}

bool ends_with_any(std::string_view word, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return word.ends_with(ending); });
}

// What a word of an open class may be, in counts of the list.
Weights open_class(std::string_view word) {
  enum { noun, verb, adjective, adverb };
  const WordList& list = WordList::get();
  Weights w = {};
  const auto add = [&](EnglishTag tag, const Entry* entry, int part, double share) {
    if (entry != nullptr && entry->levels[static_cast<size_t>(part)] >= 0)
      w[index(tag)] += static_cast<float>(share * count(entry->levels[static_cast<size_t>(part)]));
  };
  const Entry* itself = list.find(word);
  add(EnglishTag::noun, itself, noun, 0.75);
  add(EnglishTag::adjective, itself, adjective, 1);
  add(EnglishTag::adverb, itself, adverb, 1);
  add(EnglishTag::verb, itself, verb, 0.35);
  if (itself != nullptr && !itself->base.empty()) {
    const Entry* base = list.find(itself->base);
    add(EnglishTag::noun, base, noun, 0.25);
    if (!word.ends_with("s")) {
      add(EnglishTag::participle, base, verb, 0.25);
      add(EnglishTag::verb, base, verb, 0.2);
      add(EnglishTag::adjective, base, adjective, 0.05);
    }
  }
  for_each_base(word, "s", [&](std::string_view base) {
    add(EnglishTag::noun, list.find(base), noun, 0.25);
    add(EnglishTag::verb, list.find(base), verb, 0.1);
  });
  for_each_base(word, "ed", [&](std::string_view base) {
    add(EnglishTag::participle, list.find(base), verb, 0.25);
    add(EnglishTag::verb, list.find(base), verb, 0.15);
  });
  for_each_base(word, "ing", [&](std::string_view base) {
    add(EnglishTag::gerund, list.find(base), verb, 0.15);
  });
  for_each_base(word, "er", [&](std::string_view base) {
    add(EnglishTag::adjective, list.find(base), adjective, 0.03);
  });
  for_each_base(word, "est", [&](std::string_view base) {
    add(EnglishTag::adjective, list.find(base), adjective, 0.03);
  });
  if (std::any_of(w.begin(), w.end(), [](float v) { return v > 0; })) return w;

  // Not listed: by its ending. Most such words are names and terms.
  w[index(EnglishTag::noun)] = 0.5;
  if (word.ends_with("ly")) {
    w[index(EnglishTag::adverb)] = 2;
    w[index(EnglishTag::noun)] = 0.1F;
  } else if (word.ends_with("ed")) {
    w[index(EnglishTag::participle)] = 1;
    w[index(EnglishTag::verb)] = 0.3F;
    w[index(EnglishTag::noun)] = 0.05F;
  } else if (word.ends_with("ing")) {
    w[index(EnglishTag::gerund)] = 1;
  } else if (ends_with_any(
                 word, {"al", "ic", "ive", "ous", "able", "ible", "less", "ful", "ary", "ish"})) {
    w[index(EnglishTag::adjective)] = 0.5;
  }
  return w;
}

// What follows what, in percent: rows are the word before, the last row the start of a sentence;
// columns in the order of EnglishTag.
constexpr float follows[tags + 1][tags] = {
    // noun adj verb ger part adv  det prep  to  aux pron conj num
    {20, 2.5F, 10, 2, 4, 4, 2, 25, 3, 9, 4, 11, 1},           // noun
    {66, 9, 1, 3, 1, 1, 1, 7, 2, 1, 1, 6, 1},                 // adjective
    {13, 7, 1, 2, 5, 8, 24, 15, 5, 1, 12, 3, 2},              // verb
    {33, 10, .5F, .5F, 1, 4, 18, 16, 3, 1, 5, 5, 1},          // gerund
    {16, 4, .5F, 1, 1, 6, 9, 36, 7, 1, 4, 6, 2},              // participle
    {3, 18, 16, 5, 14, 8, 6, 11, 1, 4, 4, 4, 3},              // adverb
    {57, 25, .3F, 3, 4, 3, 1.5F, 1.5F, .1F, .3F, 1, .3F, 4},  // determiner
    {35, 13, 1, 8, 3, 1.5F, 27, 2, .4F, .4F, 9, .4F, 4},      // preposition
    {7, 3, 72, 1, 1, 2, 10, .3F, .1F, 3, 3, .1F, 1},          // to
    {3, 10, 34, 8, 18, 16, 8, 4, 3, 6, 4, .5F, 1},            // auxiliary
    {8, 3, 30, 1, 4, 9, 2, 7, 2, 27, 2, 3, .5F},              // pronoun
    {30, 12, 9, 5, 4, 8, 12, 5, 2, 2, 10, 1, 2},              // conjunction
    {57, 8, 2, 1, 1, 2, 1, 12, 2, 2, 1, 5, 5},                // number
    {27, 9, 4, 3, 2, 6, 20, 12, 2, 2, 14, 3, 2},              // start
};

// Running words of each class behind the counts of the list.
constexpr float class_total[6] = {65'000, 31'000, 35'000, 13'000, 22'000, 18'000};

Weights emissions(std::string_view word) {
  if (const Weights* function_word = WordList::get().find_function_word(word))
    return *function_word;
  Weights w = {};
  if (word[0] >= '0' && word[0] <= '9') {
    w[index(EnglishTag::number)] = 1;
    return w;
  }
  w = open_class(word);
  for (size_t tag = 0; tag < 6; ++tag) w[tag] /= class_total[tag];
  return w;
}

}  // namespace

std::vector<EnglishTag> tag_english(std::span<const std::string_view> folded_words) {
  // Viterbi: for each word and tag the likelihood of the best sequence that ends so. Likelihoods
  // are rescaled at every word, so they stay in range.
  struct Step {
    Weights best = {};
    std::array<uint8_t, tags> from = {};
  };
  std::vector<Step> steps(folded_words.size());
  for (size_t i = 0; i < folded_words.size(); ++i) {
    const Weights emitted = emissions(folded_words[i]);
    float top = 0;
    for (size_t tag = 0; tag < tags; ++tag) {
      if (emitted[tag] == 0) continue;
      float best = i == 0 ? follows[tags][tag] : 0;
      for (size_t before = 0; i > 0 && before < tags; ++before) {
        const float likelihood = steps[i - 1].best[before] * follows[before][tag];
        if (likelihood > best) best = likelihood, steps[i].from[tag] = static_cast<uint8_t>(before);
      }
      steps[i].best[tag] = best * emitted[tag];
      top = std::max(top, steps[i].best[tag]);
    }
    for (float& likelihood : steps[i].best) likelihood /= top;
  }
  std::vector<EnglishTag> found(folded_words.size());
  if (steps.empty()) return found;
  const Weights& last = steps.back().best;
  auto tag = static_cast<size_t>(std::max_element(last.begin(), last.end()) - last.begin());
  for (size_t i = steps.size(); i-- > 0; tag = steps[i].from[tag])
    found[i] = static_cast<EnglishTag>(tag);
  return found;
}

double english_frequency(std::string_view folded_word) {
  if (WordList::get().find_function_word(folded_word) != nullptr) return 0.01;
  const Weights weights = open_class(folded_word);
  double sum = 0;
  for (const float weight : weights) sum += weight;
  constexpr double running_words = 700'000;
  return sum <= 2 ? 0 : sum / running_words;
}

}  // namespace penchant

#include "text/han_words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/utf8.h"
#include "text/packed_asset.h"
#include "text/words.h"

namespace penchant {

namespace {

constexpr char16_t first_han = 0x4E00, last_han = 0x9FFF;

// All words in the order of their UTF-16 code units, so that those with a common beginning are
// neighbours, the shortest first.
class Dictionary {
 public:
  static const Dictionary& get() {
    static const Dictionary dictionary;
    return dictionary;
  }

  // Calls visit(length, entry) for every word that `text` begins with, short ones first.
  template <class Visit>
  void for_each_prefix(std::u16string_view text, Visit visit) const {
    if (text.empty() || text[0] < first_han || text[0] > last_han) return;
    size_t begin = first_[text[0] - first_han], end = first_[text[0] - first_han + 1];
    for (size_t length = 1; begin < end; ++length) {
      if (word(begin).size() == length) visit(length, begin++);
      if (length == text.size()) return;
      // Of the words that go on, those that go on with the next character.
      const char16_t next = text[length];
      const auto at = [&](size_t entry) { return characters_[starts_[entry] + length]; };
      begin = partition(begin, end, [&](size_t entry) { return at(entry) < next; });
      end = partition(begin, end, [&](size_t entry) { return at(entry) <= next; });
    }
  }

  HanWord entry(size_t i) const {
    return {static_cast<HanClass>(classes_[i]), log_probability_[levels_[i]]};
  }
  float log_probability(size_t i) const { return log_probability_[levels_[i]]; }
  float unknown() const { return log_probability_[0] - 1; }

 private:
  Dictionary() {
    const std::string data = unpack_asset("text/han_words.z");
    uint32_t head[4];
    std::memcpy(head, data.data(), sizeof head);
    const size_t words = head[1], suffixes = head[2];
    const auto* shapes = reinterpret_cast<const uint8_t*>(data.data()) + sizeof head;
    const uint8_t* low = shapes + words;
    const uint8_t* high = low + suffixes;
    levels_.assign(high + suffixes, high + suffixes + words);
    classes_.assign(high + suffixes + words, high + suffixes + 2 * words);
    CHECK(data.size() == sizeof head + 3 * words + 2 * suffixes, "han_words.z is whole");

    characters_.reserve(head[3]);
    starts_.reserve(words + 1);
    size_t suffix = 0, last = 0;
    for (size_t i = 0; i < words; ++i) {
      starts_.push_back(static_cast<uint32_t>(characters_.size()));
      characters_.append(characters_, last, shapes[i] >> 4);
      for (int n = shapes[i] & 15; n > 0; --n, ++suffix)
        characters_.push_back(static_cast<char16_t>(high[suffix] << 8 | low[suffix]));
      last = starts_.back();
    }
    starts_.push_back(static_cast<uint32_t>(characters_.size()));

    first_.assign(last_han - first_han + 2, static_cast<uint32_t>(words));
    for (size_t i = words; i-- > 0;) first_[word(i)[0] - first_han] = static_cast<uint32_t>(i);
    for (size_t c = first_.size() - 1; c-- > 0;) first_[c] = std::min(first_[c], first_[c + 1]);

    double total = 0;
    const auto frequency = [](int level) { return std::exp2(level / 4.0) - 1; };
    for (const uint8_t level : levels_) total += frequency(level);
    for (int level = 0; level < 256; ++level)
      log_probability_[level] =
          static_cast<float>(std::log(std::max(0.5, frequency(level)) / total));
  }

  std::u16string_view word(size_t i) const {
    return std::u16string_view(characters_).substr(starts_[i], starts_[i + 1] - starts_[i]);
  }

  // The first entry of [begin, end) for which `before` no longer holds.
  template <class Before>
  static size_t partition(size_t begin, size_t end, Before before) {
    while (begin < end) {
      const size_t middle = begin + (end - begin) / 2;
      if (before(middle)) {
        begin = middle + 1;
      } else {
        end = middle;
      }
    }
    return begin;
  }

  std::u16string characters_;     // of all words, one behind the other
  std::vector<uint32_t> starts_;  // [words + 1]
  std::vector<uint8_t> levels_, classes_;
  std::vector<uint32_t> first_;  // [characters + 1] the first word that begins with a character
  float log_probability_[256];
};

bool is_function(char16_t c) {
  std::string word;
  utf8_append(word, c);
  return is_stop_word(word);
}

// Words outside the dictionary, mostly names: a hidden Markov model of how characters stand at the
// begin, in the middle and at the end of words, or alone.
class UnknownWords {
 public:
  static const UnknownWords& get() {
    static const UnknownWords model;
    return model;
  }

  // Appends the lengths of the words of `run`.
  void split(std::u16string_view run, std::vector<uint8_t>& lengths) const {
    struct Step {
      std::array<float, states> cost;
      std::array<uint8_t, states> from = {};
    };
    std::vector<Step> steps(run.size());
    for (size_t i = 0; i < run.size(); ++i)
      for (size_t state = 0; state < states; ++state) {
        float best = i == 0 ? start[state] : never;
        for (size_t before = 0; i > 0 && before < states; ++before) {
          const float cost = steps[i - 1].cost[before] + step[before][state];
          if (cost < best) best = cost, steps[i].from[state] = static_cast<uint8_t>(before);
        }
        steps[i].cost[state] = best + emitted(state, run[i]);
      }
    // A word is whole at the end: the last character ends one or is one.
    size_t state = steps.back().cost[end] < steps.back().cost[single] ? end : single;
    const size_t first = lengths.size();
    uint8_t length = 0;
    for (size_t i = run.size(); i-- > 0; state = steps[i].from[state]) {
      ++length;
      if (state != begin && state != single) continue;
      lengths.push_back(length);
      length = 0;
    }
    std::reverse(lengths.begin() + static_cast<std::ptrdiff_t>(first), lengths.end());
  }

 private:
  enum State : size_t { begin, middle, end, single, states };
  static constexpr float never = 1e30F;
  // Negative logarithms of probabilities, from jieba 0.42.1 (finalseg).
  static constexpr float start[states] = {0.263F, never, never, 1.465F};
  static constexpr float step[states][states] = {{never, 0.916F, 0.511F, never},
                                                 {never, 1.260F, 0.333F, never},
                                                 {0.590F, never, never, 0.809F},
                                                 {0.721F, never, never, 0.666F}};

  UnknownWords() : levels_(unpack_asset("text/han_unknown.z")) {}

  float emitted(size_t state, char16_t c) const {
    constexpr float unseen = 25;
    if (c < first_han || c > last_han) return unseen;
    const auto level = static_cast<uint8_t>(
        levels_[state * (last_han - first_han + 1) + static_cast<size_t>(c - first_han)]);
    return level == 255 ? unseen : static_cast<float>(level) / 8;
  }

  std::string levels_;  // [states, characters]
};

// Puts together what the dictionary left as single characters, up to the next function word.
std::vector<uint8_t> join_unknown(std::u16string_view run, std::vector<uint8_t> lengths) {
  std::vector<uint8_t> joined;
  size_t place = 0;
  for (size_t i = 0; i < lengths.size();) {
    size_t last = i;
    while (last < lengths.size() && lengths[last] == 1 && !is_function(run[place + last - i]))
      ++last;
    if (last - i > 1) {
      UnknownWords::get().split(run.substr(place, last - i), joined);
    } else {
      last = i + 1;
      joined.push_back(lengths[i]);
    }
    for (; i < last; ++i) place += lengths[i];
  }
  return joined;
}

}  // namespace

std::optional<HanWord> find_han_word(std::string_view word) {
  std::u16string characters;
  for (size_t at = 0; at < word.size();) {
    const char32_t c = utf8_next(word, at);
    if (c < first_han || c > last_han) return std::nullopt;
    characters.push_back(static_cast<char16_t>(c));
  }
  std::optional<HanWord> found;
  const Dictionary& dictionary = Dictionary::get();
  dictionary.for_each_prefix(characters, [&](size_t length, size_t entry) {
    if (length == characters.size()) found = dictionary.entry(entry);
  });
  return found;
}

std::vector<uint8_t> split_han(std::u16string_view run) {
  const Dictionary& dictionary = Dictionary::get();
  // The most likely split of what lies before each place: its score and its last word's length.
  struct Best {
    double score = -1e300;
    uint8_t length = 0;
  };
  std::vector<Best> best(run.size() + 1);
  best[0].score = 0;
  for (size_t i = 0; i < run.size(); ++i) {
    const auto offer = [&](size_t length, float log_probability) {
      const double score = best[i].score + log_probability;
      if (score > best[i + length].score) best[i + length] = {score, static_cast<uint8_t>(length)};
    };
    offer(1, dictionary.unknown());
    dictionary.for_each_prefix(run.substr(i), [&](size_t length, size_t entry) {
      offer(length, dictionary.log_probability(entry));
    });
  }
  std::vector<uint8_t> lengths;
  for (size_t i = run.size(); i > 0; i -= best[i].length) lengths.push_back(best[i].length);
  std::reverse(lengths.begin(), lengths.end());
  return join_unknown(run, std::move(lengths));
}

}  // namespace penchant

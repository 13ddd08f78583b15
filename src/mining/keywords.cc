#include "mining/keywords.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/limits.h"
#include "encoder/encoder.h"
#include "math/kernels.h"
#include "text/words.h"

namespace penchant {

namespace {

// One word of a text, ready for counting.
struct Token {
  std::string_view written;
  std::string folded;
  bool is_han = false;
  bool breaks = false;   // a function word, number or letter: no keyword, and phrases end here
  bool starts = false;   // punctuation or a line end lies before it
  bool capital = false;  // starts with a capital, not at the start of a sentence
};

bool only_joins(std::string_view gap) { return gap.empty() || gap == " " || gap == "-"; }

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  uint32_t last_end = 0;
  for (const Word& word : split_words(text)) {
    Token& token = tokens.emplace_back();
    token.written = text.substr(word.begin, word.end - word.begin);
    token.folded = fold(token.written);
    token.is_han = word.is_han;
    const bool too_short = !word.is_han && token.folded.size() < 3;
    token.breaks = word.is_number || too_short || is_stop_word(token.folded);
    token.starts = tokens.size() == 1 || !only_joins(text.substr(last_end, word.begin - last_end));
    token.capital = !token.starts && token.written[0] >= 'A' && token.written[0] <= 'Z';
    last_end = word.end;
  }
  return tokens;
}

std::string pair_key(std::string_view first, std::string_view second) {
  return std::string(first) + '\n' + std::string(second);
}

struct Candidate {
  std::set<std::string> stems;              // of its words
  std::map<std::string, uint32_t> written;  // forms and how often
  uint32_t count = 0;
  size_t first = 0;  // number of the first word
  size_t words = 1;
  double idf = 0;  // mean over its words
  double cohesion = 1;
  bool capital = true;  // every time
  double score = 0;
};

}  // namespace

void KeywordStatistics::add(std::string_view text) {
  ++documents_;
  const auto tokens = tokens_of(text);
  std::set<std::string> seen;
  for (size_t i = 0; i < tokens.size(); ++i) {
    seen.insert(tokens[i].folded);
    if (i > 0 && tokens[i].is_han && tokens[i - 1].is_han && !tokens[i].starts)
      seen.insert(pair_key(tokens[i - 1].folded, tokens[i].folded));
  }
  for (const std::string& word : seen) ++frequency_[word];
}

double KeywordStatistics::inverse_document_frequency(std::string_view folded_word) const {
  const auto entry = frequency_.find(std::string(folded_word));
  const double frequency = entry == frequency_.end() ? 0 : entry->second;
  // 20 imagined texts keep a small catalogue from calling every word rare.
  return std::log((double(documents_) + 20) / (frequency + 1));
}

double KeywordStatistics::cohesion(std::string_view first, std::string_view second) const {
  const auto count = [&](const std::string& key) -> double {
    const auto entry = frequency_.find(key);
    return entry == frequency_.end() ? 0 : entry->second;
  };
  const double together = count(pair_key(first, second));
  if (together < 2) return 0;
  return together / std::min(count(std::string(first)), count(std::string(second)));
}

// Collects and scores the candidates of one text.
class KeywordMiner {
 public:
  KeywordMiner(std::string_view text, const KeywordStatistics& statistics)
      : statistics_(statistics), tokens_(tokens_of(text)) {
    collect();
    score();
  }

  // Best first.
  std::vector<Candidate> ranked() {
    std::vector<Candidate> list;
    for (auto& [key, candidate] : candidates_) list.push_back(std::move(candidate));
    std::stable_sort(list.begin(), list.end(), [](const Candidate& a, const Candidate& b) {
      return a.score > b.score || (a.score == b.score && a.first < b.first);
    });
    return list;
  }

 private:
  static constexpr size_t phrase_words_max = 3;

  void collect() {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].breaks) continue;
      if (tokens_[i].is_han) {
        collect_han(i);
      } else {
        for (size_t n = 1; n <= phrase_words_max && continues(i, n); ++n) add(i, n, 1);
      }
    }
  }

  // Whether the word n-1 places behind `i` still belongs to a phrase starting there.
  bool continues(size_t i, size_t n) const {
    const size_t last = i + n - 1;
    if (last >= tokens_.size() || tokens_[last].breaks || tokens_[last].is_han != tokens_[i].is_han)
      return false;
    return n == 1 || !tokens_[last].starts;
  }

  // A Chinese word of two characters or more stands alone; neighbours join when they cohere in the
  // catalogue, or when one of them is a single character that means little alone.
  void collect_han(size_t i) {
    constexpr size_t han_bytes = 3;
    constexpr double firm = 0.3;
    const auto single = [&](size_t t) { return tokens_[t].folded.size() <= han_bytes; };
    if (!single(i)) add(i, 1, 1);
    if (!continues(i, 2)) return;
    const double cohesion = statistics_.cohesion(tokens_[i].folded, tokens_[i + 1].folded);
    const bool completes = single(i) != single(i + 1);
    if (cohesion >= firm || completes) add(i, 2, std::max(cohesion, 0.5));
  }

  void add(size_t begin, size_t words, double cohesion) {
    std::string key, written;
    std::set<std::string> stems;
    double idf = 0;
    bool capital = true;
    for (size_t t = begin; t < begin + words; ++t) {
      const std::string stemmed = stem(tokens_[t].folded);
      key += stemmed + '\n';
      stems.insert(stemmed);
      idf += statistics_.inverse_document_frequency(tokens_[t].folded);
      capital = capital && (tokens_[t].capital || (t == begin && tokens_[t].starts));
    }
    const std::string_view first = tokens_[begin].written,
                           last = tokens_[begin + words - 1].written;
    written.assign(first.data(), static_cast<size_t>(last.data() + last.size() - first.data()));
    Candidate& candidate = candidates_[key];
    if (candidate.count++ == 0) {
      candidate.first = begin;
      candidate.words = words;
      candidate.idf = idf / double(words);
      candidate.cohesion = cohesion;
      candidate.stems = std::move(stems);
    }
    candidate.capital = candidate.capital && capital;
    ++candidate.written[written];
  }

  // tf * idf, more for phrases that recur or are names, more for what comes early.
  void score() {
    for (auto& [key, c] : candidates_) {
      const double frequency = 1 + std::log(double(c.count));
      const double early = 1 + 1 / (1 + double(c.first) / 12);
      double phrase = 1;
      if (c.words > 1) phrase = c.count > 1 || c.capital ? 1.3 : 1.02;
      const double name = c.capital && c.words == 1 ? 1.1 : 1;
      c.score = frequency * c.idf * early * phrase * name * c.cohesion;
    }
  }

  const KeywordStatistics& statistics_;
  std::vector<Token> tokens_;
  std::map<std::string, Candidate> candidates_;
};

namespace {

std::string_view usual_form(const Candidate& candidate) {
  const auto most =
      std::max_element(candidate.written.begin(), candidate.written.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most->first;
}

// Two phrases of which one says all that the other says (or Chinese ones that overlap) are one.
bool repeats(const Candidate& a, const Candidate& b) {
  const auto contains = [](const Candidate& x, const Candidate& y) {
    return std::includes(x.stems.begin(), x.stems.end(), y.stems.begin(), y.stems.end());
  };
  const std::string_view one = usual_form(a), two = usual_form(b);
  const bool inside = static_cast<unsigned char>(one[0]) >= 0x80 &&
                      (one.find(two) != one.npos || two.find(one) != two.npos);
  return inside || contains(a, b) || contains(b, a);
}

// Cosine of phrase and text, spread over the candidates, enters half and half with the statistics.
Result<> rerank(std::string_view text, Encoder& encoder, std::vector<Candidate>& candidates) {
  std::vector<std::string_view> texts = {text};
  for (const Candidate& candidate : candidates) texts.push_back(usual_form(candidate));
  TRY(const Matrix vectors, encoder.encode(texts, Purpose::plain));
  std::vector<float> cosines;
  for (size_t i = 1; i < vectors.rows; ++i) cosines.push_back(dot(vectors.row(0), vectors.row(i)));
  const auto [low, high] = std::minmax_element(cosines.begin(), cosines.end());
  const float base = *low, range = std::max(1e-6f, *high - *low);
  for (size_t i = 0; i < candidates.size(); ++i)
    candidates[i].score *= 0.5 + (cosines[i] - base) / range;
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  return {};
}

}  // namespace

Result<std::vector<std::vector<Keyword>>> mine_keywords(std::span<const std::string_view> texts,
                                                        const KeywordStatistics& statistics,
                                                        Encoder* encoder,
                                                        const KeywordOptions& options) {
  std::vector<std::vector<Keyword>> all;
  for (const std::string_view text : texts) {
    std::vector<Candidate> candidates = KeywordMiner(text, statistics).ranked();
    std::vector<Keyword>& keywords = all.emplace_back();
    if (candidates.empty() || options.count == 0) continue;
    if (encoder != nullptr) {
      candidates.resize(std::min(candidates.size(), options.count * 4));
      TRY(rerank(text, *encoder, candidates));
    }
    std::vector<const Candidate*> chosen;
    for (const Candidate& candidate : candidates) {
      if (chosen.size() == options.count) break;
      const bool known = std::any_of(chosen.begin(), chosen.end(),
                                     [&](const Candidate* c) { return repeats(*c, candidate); });
      if (!known) chosen.push_back(&candidate);
    }
    for (const Candidate* candidate : chosen)
      keywords.push_back({std::string(usual_form(*candidate)),
                          static_cast<float>(candidate->score / chosen.front()->score)});
  }
  return all;
}

}  // namespace penchant

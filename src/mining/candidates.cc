#include "mining/candidates.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/utf8.h"
#include "mining/keywords.h"
#include "mining/tokens.h"

namespace penchant {

namespace {

constexpr size_t words_max = 4;
constexpr size_t han_characters_max = 10;
constexpr float known_well = 10;  // texts with a pair of words, after which more say no more

// Occurrences of one phrase.
struct Group {
  size_t first = 0;  // token
  size_t words = 0;
  size_t count = 0;
  size_t alone = 0;
  bool capital = true;
  std::vector<std::pair<std::string_view, size_t>> forms;  // as written, how often
};

class Finder {
 public:
  Finder(std::string_view text, const KeywordStatistics& statistics)
      : statistics_(statistics), tokens_(split_tokens(text)) {
    assign_roles(tokens_);
    for (const PhraseWord& token : tokens_) ++word_count_[token.key];
    title_end_ = 1;
    while (title_end_ < tokens_.size() && !tokens_[title_end_].starts) ++title_end_;
  }

  std::vector<Candidate> find() {
    for (size_t i = 0; i < tokens_.size(); ++i)
      if (tokens_[i].role != Role::none) collect(i);
    std::vector<Candidate> candidates;
    candidates.reserve(groups_.size());
    for (const Group& group : groups_)
      if (is_firm(group)) candidates.push_back(candidate(group));
    return candidates;
  }

 private:
  bool continues(size_t i) const {
    return i < tokens_.size() && tokens_[i].role != Role::none && !tokens_[i].starts &&
           (tokens_[i].glued || tokens_[i].is_han == tokens_[i - 1].is_han);
  }

  // All phrases that begin with token i.
  void collect(size_t i) {
    if (tokens_[i].role == Role::joint) return;
    const bool can_go_left = i > 0 && tokens_[i - 1].role != Role::none && continues(i);
    size_t characters = 0;
    bool dotted = false;
    for (size_t n = 1; n <= words_max && (n == 1 || continues(i + n - 1)); ++n) {
      const PhraseWord& last = tokens_[i + n - 1];
      characters += last.is_han ? last.key.size() / 3 : 2;
      if (last.is_han && n > 1 && characters > han_characters_max) break;
      dotted = dotted || (n > 1 && last.dotted);
      if (last.role != Role::head) continue;
      if (n == 1 && last.is_han && characters < 2) continue;
      // A foreign name ("given name, dot, family name") is whole or not there at all.
      if ((dotted && continues(i + n)) || (continues(i + n) && tokens_[i + n].dotted)) continue;
      add(i, n, !can_go_left && !continues_to_head(i + n));
    }
  }

  // Chinese verbs make phrases with whatever stands beside them; those count that come again, stand
  // in the title or are known from other texts.
  bool is_firm(const Group& group) const {
    bool weak = false, known = group.words > 1;
    for (size_t t = group.first; t < group.first + group.words; ++t) {
      weak = weak || tokens_[t].weak;
      if (t > group.first)
        known = known && statistics_.cohesion(tokens_[t - 1].key, tokens_[t].key) > 0.15;
    }
    return !weak || known || group.count > 1 || group.first < title_end_;
  }

  bool continues_to_head(size_t i) const {
    for (; continues(i); ++i)
      if (tokens_[i].role == Role::head) return true;
    return false;
  }

  void add(size_t i, size_t n, bool alone) {
    std::string key;
    bool capital = true;
    for (size_t t = i; t < i + n; ++t) {
      key += tokens_[t].key;
      key += '\n';
      capital = capital && tokens_[t].capital && (!tokens_[t].starts || n > 1);
    }
    const auto [place, added] = group_of_.try_emplace(std::move(key), groups_.size());
    if (added) groups_.push_back({.first = i, .words = n, .forms = {}});
    Group& group = groups_[place->second];
    ++group.count;
    group.alone += alone;
    group.capital = group.capital && capital;
    const char* begin = tokens_[i].written.data();
    const std::string_view last = tokens_[i + n - 1].written;
    const std::string_view written(begin, static_cast<size_t>(last.data() + last.size() - begin));
    for (auto& [form, count] : group.forms)
      if (form == written) {
        ++count;
        return;
      }
    group.forms.emplace_back(written, 1);
  }

  // The most frequent form, white space folded.
  static std::string usual_form(const Group& group) {
    const auto most =
        std::max_element(group.forms.begin(), group.forms.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    std::string text;
    for (const char c : most->first) {
      const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
      if (!space) {
        text += c;
      } else if (text.back() != ' ') {
        text += ' ';
      }
    }
    return text;
  }

  Candidate candidate(const Group& group) const {
    Candidate c;
    c.text = usual_form(group);
    c.first = group.first;
    const auto log1 = [](double x) { return static_cast<float>(std::log1p(x)); };
    float rarity = 0, rarest = 0, support = 0, pair = 1e9F, cohesion = 1;
    for (size_t t = group.first; t < group.first + group.words; ++t) {
      const PhraseWord& token = tokens_[t];
      c.words.push_back(token.key);
      c.is_han = c.is_han || token.is_han;
      const auto idf =
          static_cast<float>(statistics_.inverse_document_frequency(token.key, token.background));
      rarity += idf;
      rarest = std::max(rarest, idf);
      support += static_cast<float>(std::log(double(word_count_.at(token.key))));
      if (token.is_han && token.key.size() <= 3) c[Feature::single] = 1;
      if (t > group.first) {
        pair = std::min(pair,
                        static_cast<float>(statistics_.pair_count(tokens_[t - 1].key, token.key)));
        cohesion = std::min(
            cohesion, static_cast<float>(statistics_.cohesion(tokens_[t - 1].key, token.key)));
      }
    }
    const auto n = static_cast<float>(group.words);
    const PhraseWord& first = tokens_[group.first];
    const PhraseWord& last = tokens_[group.first + group.words - 1];
    c[Feature::one] = 1;
    c[Feature::count] = static_cast<float>(std::log(double(group.count)));
    c[Feature::alone] = static_cast<float>(group.alone) / static_cast<float>(group.count);
    c[Feature::rarity] = rarity / n;
    c[Feature::rarest] = rarest;
    c[Feature::support] = support / n;
    c[Feature::early] = 1 / (1 + static_cast<float>(group.first) / 20);
    c[Feature::title] = group.first < title_end_;
    c[Feature::words2] = group.words == 2;
    c[Feature::words3] = group.words == 3;
    c[Feature::words4] = group.words == 4;
    c[Feature::length] = log1(double(utf8_length(c.text)));
    c[Feature::name] = group.capital && !c.is_han;
    c[Feature::acronym] = group.words == 1 && first.acronym;
    c[Feature::adjective] = first.adjective;
    c[Feature::verbal] = first.verbal;
    c[Feature::ends_verbal] = last.verbal;
    if (group.words > 1) {
      c[Feature::known_pair] = log1(std::min(pair, known_well));
      c[Feature::cohesion] = cohesion;
    }
    return c;
  }

  const KeywordStatistics& statistics_;
  std::vector<PhraseWord> tokens_;
  size_t title_end_ = 0;
  std::unordered_map<std::string, size_t> word_count_;
  std::unordered_map<std::string, size_t> group_of_;
  std::vector<Group> groups_;
};

}  // namespace

std::vector<Candidate> find_candidates(std::string_view text, const KeywordStatistics& statistics) {
  return Finder(text, statistics).find();
}

}  // namespace penchant

#include "mining/keywords.h"

#include <algorithm>
#include <cmath>

#include "encoder/encoder.h"
#include "math/kernels.h"
#include "mining/candidates.h"

namespace penchant {

namespace {

using Weights = std::array<float, feature_count>;

// Logistic regression over people's keywords of abstracts (tools/fit_keywords.py).
constexpr Weights english_weights = {
    -7.741F,  // one
    0.806F,   // count
    1.770F,   // alone
    0.270F,   // rarity
    -0.039F,  // rarest
    -0.000F,  // support
    0.837F,   // early
    0.010F,   // title
    0.752F,   // words2
    0.785F,   // words3
    0.328F,   // words4
    1.055F,   // length
    0.245F,   // name
    1.562F,   // acronym
    -0.363F,  // adjective
    -1.007F,  // verbal
    -0.017F,  // ends_verbal
    0.430F,   // known_pair
    0.641F,   // cohesion
    0.000F,   // single
};
constexpr Weights han_weights = {
    -5.143F,  // one
    1.239F,   // count
    1.070F,   // alone
    0.253F,   // rarity
    -0.068F,  // rarest
    -0.652F,  // support
    1.961F,   // early
    0.051F,   // title
    0.885F,   // words2
    0.072F,   // words3
    -1.163F,  // words4
    -0.096F,  // length
    -0.402F,  // name
    -0.096F,  // acronym
    -0.166F,  // adjective
    -0.353F,  // verbal
    0.022F,   // ends_verbal
    0.003F,   // known_pair
    0.672F,   // cohesion
    -0.036F,  // single
};

constexpr float similarity_weight = 0.6F;

void score(std::vector<Candidate>& candidates) {
  for (Candidate& c : candidates) {
    const Weights& weights = c.is_han ? han_weights : english_weights;
    c.score = 0;
    for (size_t f = 0; f < feature_count; ++f) c.score += weights[f] * c.features[f];
  }
}

void sort(std::vector<Candidate>& candidates) {
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
}

// Bytes of the longest run of characters that both have.
size_t common_run(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), now(b.size() + 1);
  size_t longest = 0;
  for (const char c : a) {
    for (size_t i = 0; i < b.size(); ++i) {
      now[i + 1] = c == b[i] ? before[i] + 1 : 0;
      longest = std::max(longest, now[i + 1]);
    }
    std::swap(before, now);
  }
  return longest;
}

// Whether one phrase says all that the other says, (Chinese) more than half of the shorter one is
// in both, or both lay claim to the same word of the text.
bool repeats(const Candidate& a, const Candidate& b) {
  if (a.is_han && b.is_han)
    return 2 * common_run(a.text, b.text) > std::min(a.text.size(), b.text.size());
  const auto contains = [](const Candidate& x, const Candidate& y) {
    return std::all_of(y.words.begin(), y.words.end(), [&](const std::string& word) {
      return std::find(x.words.begin(), x.words.end(), word) != x.words.end();
    });
  };
  const bool cross = a.first < b.first + b.words.size() && b.first < a.first + a.words.size();
  return cross || contains(a, b) || contains(b, a);
}

// Adds how near the phrases are to the text in meaning, measured in standard deviations of these
// phrases, because models differ in what cosine they call near.
Result<> add_similarity(std::string_view text, Encoder& encoder,
                        std::vector<Candidate>& candidates) {
  std::vector<std::string_view> texts = {text};
  for (const Candidate& candidate : candidates) texts.emplace_back(candidate.text);
  TRY(const Matrix vectors, encoder.encode(texts, Purpose::plain));
  std::vector<double> cosines;
  double sum = 0, squares = 0;
  for (size_t i = 1; i < vectors.rows; ++i) {
    cosines.push_back(dot(vectors.row(0), vectors.row(i)));
    sum += cosines.back();
    squares += cosines.back() * cosines.back();
  }
  const double n = double(candidates.size()), mean = sum / n;
  const double deviation = std::sqrt(std::max(0.0, squares / n - mean * mean));
  if (deviation < 1e-6) return {};
  for (size_t i = 0; i < candidates.size(); ++i)
    candidates[i].score += similarity_weight * static_cast<float>((cosines[i] - mean) / deviation);
  return {};
}

}  // namespace

Result<std::vector<std::vector<Keyword>>> mine_keywords(std::span<const std::string_view> texts,
                                                        const KeywordStatistics& statistics,
                                                        Encoder* encoder,
                                                        const KeywordOptions& options) {
  std::vector<std::vector<Keyword>> all;
  for (const std::string_view text : texts) {
    std::vector<Candidate> candidates = find_candidates(text, statistics);
    std::vector<Keyword>& keywords = all.emplace_back();
    if (candidates.empty() || options.count == 0) continue;
    score(candidates);
    sort(candidates);
    if (encoder != nullptr) {
      candidates.resize(std::min(candidates.size(), options.count * 4));
      TRY(add_similarity(text, *encoder, candidates));
      sort(candidates);
    }
    std::vector<const Candidate*> chosen;
    for (const Candidate& candidate : candidates) {
      if (chosen.size() == options.count) break;
      const bool known = std::any_of(chosen.begin(), chosen.end(),
                                     [&](const Candidate* c) { return repeats(*c, candidate); });
      if (!known) chosen.push_back(&candidate);
    }
    const auto odds = [](float score) { return 1 / (1 + std::exp(-score)); };
    for (const Candidate* candidate : chosen)
      keywords.push_back({candidate->text, odds(candidate->score) / odds(chosen.front()->score)});
  }
  return all;
}

}  // namespace penchant

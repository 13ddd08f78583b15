#include <algorithm>
#include <cmath>

#include "mining/keywords.h"
#include "mining/tokens.h"

namespace penchant {

namespace {
// The language at large enters as so many imagined texts of so many words.
constexpr double imagined_texts = 50, imagined_words = 100;
}  // namespace

void KeywordStatistics::add(std::string_view text) {
  ++documents_;
  const std::vector<PhraseWord> tokens = split_tokens(text);
  std::vector<uint64_t> keys;
  keys.reserve(2 * tokens.size());
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].function) continue;
    keys.push_back(word_key(tokens[i].key));
    if (i > 0 && !tokens[i].starts && !tokens[i - 1].function)
      keys.push_back(pair_key(tokens[i - 1].key, tokens[i].key));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (const uint64_t key : keys) ++counts_[key];
}

size_t KeywordStatistics::count(uint64_t key) const {
  const auto entry = counts_.find(key);
  return entry == counts_.end() ? 0 : entry->second;
}

double KeywordStatistics::inverse_document_frequency(std::string_view word,
                                                     double background) const {
  const double expected = imagined_texts * -std::expm1(-imagined_words * background);
  const double frequency = expected + double(count(word_key(word)));
  return std::log((double(documents_) + imagined_texts) / (frequency + 0.1));
}

size_t KeywordStatistics::pair_count(std::string_view first, std::string_view second) const {
  return count(pair_key(first, second));
}

double KeywordStatistics::cohesion(std::string_view first, std::string_view second) const {
  const size_t together = pair_count(first, second);
  if (together < 2) return 0;  // once says nothing
  return double(together) / double(std::min(count(word_key(first)), count(word_key(second))));
}

}  // namespace penchant

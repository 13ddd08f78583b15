// Keywords of a text, Chinese or English: phrases by what their words are (nouns and what goes
// before them), ranked by how often, how early and how rare in the catalogue they are; an encoder,
// if there is one, adds how near a phrase's meaning is to the text's.
// Thread-safety: KeywordStatistics is one thread at a time while adding, immutable while mining.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"

namespace penchant {

class Encoder;

struct Keyword {
  std::string text;  // as written in the text (its most frequent form)
  float weight = 0;  // (0, 1], the best keyword of a text has 1
};

// Document frequencies of words and neighbouring words over a catalogue, on top of what their
// language has; without any texts the language alone speaks.
class KeywordStatistics {
 public:
  void add(std::string_view text);
  size_t documents() const { return documents_; }

  // `background`: the word's share of running words in its language.
  double inverse_document_frequency(std::string_view word, double background) const;
  // Texts with the pair, and their share of the texts with the rarer of the two words.
  size_t pair_count(std::string_view first, std::string_view second) const;
  double cohesion(std::string_view first, std::string_view second) const;

 private:
  size_t count(uint64_t key) const;

  size_t documents_ = 0;
  std::unordered_map<uint64_t, uint32_t> counts_;  // by the keys of mining/tokens.h
};

struct KeywordOptions {
  size_t count = 8;
};

// Goes up when the same text gives other keywords than before: stored ones are mined again.
inline constexpr int keywords_version = 1;

// Keywords per text, best first. `encoder` may be null: then statistics alone rank.
Result<std::vector<std::vector<Keyword>>> mine_keywords(std::span<const std::string_view> texts,
                                                        const KeywordStatistics& statistics,
                                                        Encoder* encoder,
                                                        const KeywordOptions& options);

}  // namespace penchant

// Keywords of a text: statistics propose (frequency against the catalogue's document frequencies,
// position, phrase shape; Chinese and English), the encoder disposes (similarity of phrase and
// text). Thread-safety: KeywordStatistics is one thread at a time while adding, immutable while
// mining.
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

// Document frequencies of words over a catalogue; without any, built-in expectations serve.
class KeywordStatistics {
 public:
  void add(std::string_view text);
  size_t documents() const { return documents_; }
  double inverse_document_frequency(std::string_view folded_word) const;

 private:
  friend class KeywordMiner;
  // How firmly two neighbouring Han words belong together: the share of the texts with the rarer of
  // them that have the pair; 0 for a pair seen less than twice.
  double cohesion(std::string_view first, std::string_view second) const;

  size_t documents_ = 0;
  std::unordered_map<std::string, uint32_t> frequency_;  // of folded words and of Han pairs
};

struct KeywordOptions {
  size_t count = 8;
};

// Keywords per text, best first. `encoder` may be null: then statistics alone rank.
Result<std::vector<std::vector<Keyword>>> mine_keywords(std::span<const std::string_view> texts,
                                                        const KeywordStatistics& statistics,
                                                        Encoder* encoder,
                                                        const KeywordOptions& options);

}  // namespace penchant

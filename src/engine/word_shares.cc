#include "engine/word_shares.h"

#include <vector>

#include "text/tokenizer.h"

namespace penchant {

json::array word_shares(std::string_view text, const WordParts& parts,
                        std::span<const float> direction, double total) {
  std::vector<Span> places;
  for (const Word& word : parts.words) places.push_back({word.begin, word.end});
  const auto end = static_cast<uint32_t>(text.size());
  places.push_back({end, end});
  std::vector<Span> characters = places;
  to_code_points(text, characters);
  const std::vector<double> shares = contributions(parts, direction, total);
  json::array out;
  for (size_t i = 0; i < shares.size(); ++i) {
    const Span bytes = places[i];
    out.push_back(json::object{{"kind", std::string_view(i < parts.words.size() ? "word" : "rest")},
                               {"word", text.substr(bytes.begin, bytes.end - bytes.begin)},
                               {"start", characters[i].begin},
                               {"end", characters[i].end},
                               {"contribution", shares[i]}});
  }
  return out;
}

}  // namespace penchant

#include "index/inverted.h"

#include <algorithm>
#include <cmath>

namespace penchant {

namespace {
constexpr double k1 = 1.2;  // how fast repetition stops to count
constexpr double b = 0.75;  // how much long documents are discounted
}  // namespace

void InvertedIndex::set(uint32_t document, std::span<const std::string> terms) {
  remove(document);
  if (document >= document_terms_.size()) {
    document_terms_.resize(document + 1);
    document_length_.resize(document + 1);
  }
  if (terms.empty()) return;
  std::vector<uint32_t> ids;
  ids.reserve(terms.size());
  for (const std::string& term : terms) {
    const auto [entry, added] =
        term_ids_.try_emplace(term, static_cast<uint32_t>(postings_.size()));
    if (added) postings_.emplace_back();
    ids.push_back(entry->second);
  }
  std::sort(ids.begin(), ids.end());
  for (size_t i = 0; i < ids.size();) {
    size_t end = i;
    while (end < ids.size() && ids[end] == ids[i]) ++end;
    auto& list = postings_[ids[i]];
    const Posting posting{document, static_cast<uint32_t>(end - i)};
    // Documents mostly arrive in rising order, so the place is nearly always the end.
    const auto place =
        list.empty() || list.back().document < document
            ? list.end()
            : std::lower_bound(list.begin(), list.end(), document,
                               [](const Posting& p, uint32_t d) { return p.document < d; });
    list.insert(place, posting);
    document_terms_[document].push_back(ids[i]);
    i = end;
  }
  document_length_[document] = static_cast<uint32_t>(terms.size());
  total_length_ += terms.size();
  ++documents_;
}

void InvertedIndex::remove(uint32_t document) {
  if (document >= document_terms_.size() || document_terms_[document].empty()) return;
  for (const uint32_t id : document_terms_[document]) {
    auto& list = postings_[id];
    list.erase(std::lower_bound(list.begin(), list.end(), document,
                                [](const Posting& p, uint32_t d) { return p.document < d; }));
  }
  document_terms_[document].clear();
  total_length_ -= document_length_[document];
  document_length_[document] = 0;
  --documents_;
}

double InvertedIndex::inverse_document_frequency(std::string_view term) const {
  const auto entry = term_ids_.find(std::string(term));
  const double n = entry == term_ids_.end() ? 0 : double(postings_[entry->second].size());
  return std::log(1 + (documents_ - n + 0.5) / (n + 0.5));
}

std::vector<Hit> InvertedIndex::search(std::span<const std::string> terms, size_t k,
                                       std::span<const uint8_t> allowed) const {
  if (documents_ == 0) return {};
  std::vector<std::string> unique(terms.begin(), terms.end());
  std::sort(unique.begin(), unique.end());
  unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
  const double mean_length = double(total_length_) / documents_;
  std::unordered_map<uint32_t, double> scores;
  for (const std::string& term : unique) {
    const auto entry = term_ids_.find(term);
    if (entry == term_ids_.end()) continue;
    const double idf = inverse_document_frequency(term);
    for (const Posting& posting : postings_[entry->second]) {
      const uint32_t d = posting.document;
      if (!allowed.empty() && (d >= allowed.size() || allowed[d] == 0)) continue;
      const double norm = k1 * (1 - b + b * document_length_[d] / mean_length);
      scores[d] += idf * posting.count * (k1 + 1) / (posting.count + norm);
    }
  }
  TopK best(k);
  for (const auto& [document, score] : scores) best.push(document, static_cast<float>(score));
  return best.sorted();
}

}  // namespace penchant

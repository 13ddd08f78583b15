// Word index with BM25 scores (Robertson & Zaragoza 2009), in document and term numbers.
// Thread-safety: one thread at a time while adding; reads concurrent once built.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "index/exact.h"

namespace penchant {

class InvertedIndex {
 public:
  // Terms are words already folded and stemmed. Adding a document again replaces it.
  void set(uint32_t document, std::span<const std::string> terms);
  void remove(uint32_t document);

  // The k best documents with allowed[d] != 0 (empty: all), best first, ties by lower number.
  std::vector<Hit> search(std::span<const std::string> terms, size_t k,
                          std::span<const uint8_t> allowed) const;
  double inverse_document_frequency(std::string_view term) const;

 private:
  struct Posting {
    uint32_t document;
    uint32_t count;
  };
  std::unordered_map<std::string, uint32_t> term_ids_;
  std::vector<std::vector<Posting>> postings_;
  std::vector<std::vector<uint32_t>>
      document_terms_;  // sorted term ids, to take a document out again
  std::vector<uint32_t> document_length_;
  uint64_t total_length_ = 0;
  uint32_t documents_ = 0;
};

}  // namespace penchant

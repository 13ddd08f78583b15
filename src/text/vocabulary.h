// Tokens by id and by text. Thread-safety: immutable once built.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/byte_trie.h"

namespace penchant {

class Vocabulary {
 public:
  class Builder;

  Vocabulary() = default;

  size_t count() const { return count_; }         // tokens
  size_t size() const { return places_.size(); }  // ids are below
  std::string_view token(int32_t id) const {
    if (id < 0 || static_cast<size_t>(id) >= places_.size()) return {};
    return std::string_view(texts_).substr(places_[id].begin, places_[id].size);
  }
  int32_t find(std::string_view token) const { return trie_.find(token); }
  const ByteTrie& trie() const { return trie_; }

 private:
  struct Place {
    uint32_t begin = 0;  // in texts_
    uint32_t size = 0;
  };
  std::string texts_;  // one after the other
  std::vector<Place> places_;
  ByteTrie trie_;
  size_t count_ = 0;
};

// Two tokens may have the same text (the last one is found by it), but not the same id.
class Vocabulary::Builder {
 public:
  Result<> add(std::string_view token, uint32_t id);
  Vocabulary build() &&;

 private:
  Vocabulary vocabulary_;
  std::vector<uint32_t> ids_;   // as they were added
  std::vector<bool> is_taken_;  // by id
};

}  // namespace penchant

// Tokens of the words met lately, so that a frequent word is cut once. One thread's, for all
// tokenizers it runs; bounded: a new word takes the place of an old one.
// Thread-safety: one thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace penchant {

class WordCache {
 public:
  static constexpr size_t word_bytes = 34;
  static constexpr size_t word_tokens = 6;
  struct Entry {  // one line of the processor's cache
    uint32_t owner = 0;
    uint8_t size = 0;
    uint8_t count = 0;
    char word[word_bytes];
    int32_t ids[word_tokens];
  };

  // Whether a word may be kept; the others never reach the cache.
  static bool takes(std::string_view word) { return word.size() <= word_bytes; }

  // The two places a word of the tokenizer `owner`, which is not 0, may have.
  using Places = std::span<Entry, 2>;
  Places places(uint32_t owner, std::string_view word) {
    if (entries_.empty()) entries_.resize(2 * places_count);
    return Places(&entries_[hash(owner, word) >> (64 - places_bits) << 1], 2);
  }
  static const Entry* find(Places places, uint32_t owner, std::string_view word) {
    for (const Entry& entry : places)
      if (entry.owner == owner && entry.size == word.size() &&
          is_same(entry.word, word.data(), word.size()))
        return &entry;
    return nullptr;
  }
  // The older of the two that were there goes.
  static void add(Places places, uint32_t owner, std::string_view word,
                  std::span<const int32_t> ids) {
    if (ids.size() > word_tokens) return;
    places[1] = places[0];
    Entry& entry = places[0];
    entry.owner = owner;
    entry.size = static_cast<uint8_t>(word.size());
    entry.count = static_cast<uint8_t>(ids.size());
    std::copy(word.begin(), word.end(), entry.word);
    std::copy(ids.begin(), ids.end(), entry.ids);  // there may be none
  }

 private:
  static constexpr size_t places_bits = 14;
  static constexpr size_t places_count = size_t{1} << places_bits;  // 2 MiB

  static uint64_t load(const char* from, size_t bytes) {
    uint64_t out = 0;
    std::memcpy(&out, from, bytes);
    return out;
  }
  static bool is_same(const char* a, const char* b, size_t size) {
    if (size >= 8) {
      for (size_t at = 0; at + 8 < size; at += 8)
        if (load(a + at, 8) != load(b + at, 8)) return false;
      return load(a + size - 8, 8) == load(b + size - 8, 8);
    }
    if (size >= 4)
      return load(a, 4) == load(b, 4) && load(a + size - 4, 4) == load(b + size - 4, 4);
    for (size_t at = 0; at < size; ++at)
      if (a[at] != b[at]) return false;
    return true;
  }
  // Of the bytes by eights, the last eight overlapping what lies before.
  static uint64_t hash(uint32_t owner, std::string_view word) {
    constexpr uint64_t factor = 0x9E3779B97F4A7C15u;
    const char* const bytes = word.data();
    const size_t size = word.size();
    uint64_t state = (owner * factor) ^ size;
    if (size >= 8) {
      for (size_t at = 0; at + 8 < size; at += 8) state = mixed(state ^ load(bytes + at, 8));
      state ^= load(bytes + size - 8, 8);
    } else if (size >= 4) {
      state ^= load(bytes, 4) | load(bytes + size - 4, 4) << 32;
    } else if (size > 0) {
      state ^= load(bytes, 1) | load(bytes + size / 2, 1) << 8 | load(bytes + size - 1, 1) << 16;
    }
    return mixed(state) * factor;
  }
  static uint64_t mixed(uint64_t state) {
    state *= 0xD6E8FEB86659FD93u;
    return state ^ state >> 32;
  }

  std::vector<Entry> entries_;
};
static_assert(sizeof(WordCache::Entry) == 64);

}  // namespace penchant

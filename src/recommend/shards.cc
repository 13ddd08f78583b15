#include "recommend/shards.h"

#include <algorithm>

namespace penchant {

std::optional<uint32_t> ShardedMap::find(uint64_t key) const {
  const auto& shard = shards_[key >> (64 - shard_bits)];
  if (shard == nullptr) return std::nullopt;
  const auto it =
      std::lower_bound(shard->begin(), shard->end(), key,
                       [](const Entry& entry, uint64_t wanted) { return entry.first < wanted; });
  if (it == shard->end() || it->first != key) return std::nullopt;
  return it->second;
}

ShardedMap ShardedMap::with(std::vector<Entry> entries) const {
  ShardedMap out = *this;
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.first < b.first; });
  for (size_t begin = 0; begin < entries.size();) {
    const size_t number = entries[begin].first >> (64 - shard_bits);
    auto shard = std::make_shared<Shard>();
    const Shard empty;
    const Shard& old = shards_[number] != nullptr ? *shards_[number] : empty;
    shard->reserve(old.size() + 1);
    auto kept = old.begin();
    while (begin < entries.size() && entries[begin].first >> (64 - shard_bits) == number) {
      const uint64_t key = entries[begin].first;
      while (begin + 1 < entries.size() && entries[begin + 1].first == key) ++begin;
      while (kept != old.end() && kept->first < key) shard->push_back(*kept++);
      if (kept != old.end() && kept->first == key) ++kept;
      shard->push_back(entries[begin++]);
    }
    shard->insert(shard->end(), kept, old.end());
    out.size_ += shard->size() - old.size();
    out.shards_[number] = std::move(shard);
  }
  return out;
}

// FNV-1a over the bytes, finished by the mixer of SplitMix64 so that the high bits (the shard) are
// as good as the low ones.
uint64_t hash_text(std::string_view text, uint64_t seed) {
  uint64_t h = 0xCBF29CE484222325u ^ seed;
  for (const char c : text) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001B3u;
  h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9u;
  h = (h ^ h >> 27) * 0x94D049BB133111EBu;
  return h ^ h >> 31;
}

}  // namespace penchant

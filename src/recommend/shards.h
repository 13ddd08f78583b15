// A map from 64-bit keys to 32-bit values whose changed copies share all shards they did not touch:
// what Catalogue finds ids and counts in. Keys are hashes, so they spread evenly over the shards.
// Thread-safety: immutable; `with` makes a new version.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace penchant {

class ShardedMap {
 public:
  using Entry = std::pair<uint64_t, uint32_t>;

  std::optional<uint32_t> find(uint64_t key) const;
  // A version in which every key has its new value (the last one given counts).
  ShardedMap with(std::vector<Entry> entries) const;
  size_t size() const { return size_; }

 private:
  static constexpr size_t shard_bits = 10;
  using Shard = std::vector<Entry>;  // by key
  std::array<std::shared_ptr<const Shard>, 1u << shard_bits> shards_;
  size_t size_ = 0;
};

uint64_t hash_text(std::string_view text, uint64_t seed = 0);

}  // namespace penchant

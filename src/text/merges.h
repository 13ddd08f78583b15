// The merges of byte-pair encoding: two tokens to the one they become, and when. A word of n
// characters asks for about 3n pairs, most of which are none: a small table of bits says so for
// nearly all of these, and a hash table has the others, with one probe nearly always.
// Thread-safety: immutable once filled.
#pragma once

#include <cstdint>
#include <vector>

namespace penchant {

class Merges {
 public:
  static constexpr uint32_t none = UINT32_MAX;
  struct Merge {
    uint64_t pair = 0;
    uint32_t rank = none;  // the lower the earlier; none: these two stay apart
    int32_t id = 0;
  };

  explicit Merges(size_t count) {
    size_t size = 16;
    while (size < 2 * count) size *= 2;
    table_.resize(size);
    bits_.resize(size / 16);
  }

  // At most as many as the constructor was told. The last one of a pair counts.
  void add(int32_t left, int32_t right, uint32_t rank, int32_t id) {
    const uint64_t pair = key(left, right);
    table_[place(pair)] = {pair, rank, id};
    bits_[bit(pair) / 64] |= uint64_t{1} << bit(pair) % 64;
  }

  Merge find(int32_t left, int32_t right) const {
    const uint64_t pair = key(left, right);
    if ((bits_[bit(pair) / 64] >> bit(pair) % 64 & 1) == 0) return {};
    return table_[place(pair)];
  }

  // Hands every merge to `use`.
  template <class Use>
  void for_each(Use use) const {
    for (const Merge& merge : table_)
      if (merge.rank != none)
        use(static_cast<int32_t>(merge.pair >> 32), static_cast<int32_t>(merge.pair), merge);
  }

 private:
  static uint64_t key(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }
  size_t place(uint64_t pair) const {
    const size_t mask = table_.size() - 1;
    size_t at = (pair * 0x9E3779B97F4A7C15u >> 32) & mask;
    while (table_[at].rank != none && table_[at].pair != pair) at = (at + 1) & mask;
    return at;
  }

  // Four bits for each place of the table.
  size_t bit(uint64_t pair) const {
    return (pair * 0xD6E8FEB86659FD93u >> 32) & (bits_.size() * 64 - 1);
  }

  std::vector<Merge> table_;
  std::vector<uint64_t> bits_;
};

}  // namespace penchant

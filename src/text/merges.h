// The merges of byte-pair encoding: two tokens to the one they become, and when. A hash table with
// one probe nearly always, since a word of n characters asks for about 3n pairs.
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
  }

  // At most as many as the constructor was told. The last one of a pair counts.
  void add(int32_t left, int32_t right, uint32_t rank, int32_t id) {
    table_[place(key(left, right))] = {key(left, right), rank, id};
  }

  const Merge& find(int32_t left, int32_t right) const { return table_[place(key(left, right))]; }

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

  std::vector<Merge> table_;
};

}  // namespace penchant

// Strings to numbers as a double array: one step a byte, two memory reads a step. Finds one string,
// or all prefixes of a text that are in it, which is what a tokenizer's vocabulary is asked for.
// Thread-safety: immutable once built.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace penchant {

class ByteTrie {
 public:
  struct Entry {
    std::string_view key;
    int32_t value = 0;  // not negative
  };
  using Node = uint32_t;
  static constexpr Node none = UINT32_MAX;

  ByteTrie() : ByteTrie(std::span<const Entry>()) {}
  // Of equal keys the last one counts.
  explicit ByteTrie(std::span<const Entry> entries);

  static constexpr Node root() { return 0; }
  Node child(Node node, char byte) const {
    const Node next = units_[node].base ^ static_cast<unsigned char>(byte);
    return units_[next].parent == node ? next : none;
  }
  Node walk(Node node, std::string_view bytes) const;
  int32_t value(Node node) const { return units_[node].value; }  // -1: no string ends here

  int32_t find(std::string_view key) const;  // -1: not in here

 private:
  struct Unit {
    Node base = 0;
    Node parent = none;
    int32_t value = -1;
  };
  class Builder;

  std::vector<Unit> units_;  // whole blocks of 256, so that base ^ byte always lies inside
};

}  // namespace penchant

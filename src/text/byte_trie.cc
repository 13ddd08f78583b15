#include "text/byte_trie.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace penchant {

namespace {

// An entry with the first bytes of its key, so that most of what follows stays in one array: keys
// lie all over memory.
struct Item {
  static constexpr size_t head_bytes = 16;
  uint64_t head[2] = {0, 0};
  std::string_view key;
  int32_t value = 0;
  uint32_t place = 0;  // among the entries

  Item(const ByteTrie::Entry& entry, size_t at)
      : key(entry.key), value(entry.value), place(static_cast<uint32_t>(at)) {
    for (size_t i = 0; i < std::min(key.size(), head_bytes); ++i)
      head[i / 8] |= uint64_t{static_cast<unsigned char>(key[i])} << (56 - i % 8 * 8);
  }
  // Of the key; 0 behind its end.
  unsigned char byte(size_t i) const {
    if (i < head_bytes) return static_cast<unsigned char>(head[i / 8] >> (56 - i % 8 * 8));
    return i < key.size() ? static_cast<unsigned char>(key[i]) : 0;
  }
  // By key; equal ones in the order of the entries.
  bool operator<(const Item& other) const {
    if (head[0] != other.head[0]) return head[0] < other.head[0];
    if (head[1] != other.head[1]) return head[1] < other.head[1];
    const int order = key.compare(other.key);
    return order != 0 ? order < 0 : place < other.place;
  }
};

// `items` share their first `depth` bytes. By the next one into buckets, small ones by comparing.
void sort_items(std::span<Item> items, size_t depth, std::vector<Item>& spare) {
  constexpr size_t few = 64;
  if (items.size() < few || depth == Item::head_bytes) return std::sort(items.begin(), items.end());
  size_t ends[256] = {};
  for (const Item& item : items) ++ends[item.byte(depth)];
  size_t next[256];
  std::exclusive_scan(std::begin(ends), std::end(ends), next, size_t{0});
  spare.assign(items.begin(), items.end());
  for (const Item& item : spare) items[next[item.byte(depth)]++] = item;
  size_t begin = 0;
  for (const size_t count : ends) {
    if (count > 1) sort_items(items.subspan(begin, count), depth + 1, spare);
    begin += count;
  }
}

std::vector<Item> sorted_items(std::span<const ByteTrie::Entry> entries) {
  std::vector<Item> items, spare;
  items.reserve(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) items.emplace_back(entries[i], i);
  sort_items(items, 0, spare);
  return items;
}

}  // namespace

// Places node after node, depth first: for the bytes that lead on from a node it looks for a block
// in which all of them are free. Only the newest blocks are searched, so the cost stays linear.
class ByteTrie::Builder {
 public:
  Builder(std::span<const Item> items, std::vector<Unit>& units) : items_(items), units_(units) {
    add_block();
    take(0);
    units_[0].parent = none;
  }

  void build() {
    std::vector<Work> todo = {{0, 0, items_.size(), 0}};
    while (!todo.empty()) {
      const Work work = todo.back();
      todo.pop_back();
      place_children(work, todo);
    }
  }

 private:
  // The items [begin, end) share their first `depth` bytes, which lead to `node`.
  struct Work {
    Node node;
    size_t begin, end, depth;
  };
  static constexpr size_t blocks_searched = 16;

  void place_children(const Work& work, std::vector<Work>& todo) {
    size_t begin = work.begin;
    while (begin < work.end && items_[begin].key.size() == work.depth) {
      units_[work.node].value = items_[begin].value;
      ++begin;
    }
    if (begin == work.end) return;
    labels_.clear();
    begins_.clear();
    for (size_t i = begin; i < work.end; ++i) {
      const unsigned char byte = items_[i].byte(work.depth);
      if (!labels_.empty() && labels_.back() == byte) continue;
      labels_.push_back(byte);
      begins_.push_back(i);
    }
    begins_.push_back(work.end);
    const Node base = find_base();
    units_[work.node].base = base;
    for (size_t i = 0; i < labels_.size(); ++i) {
      const Node child = base ^ labels_[i];
      take(child);
      units_[child].parent = work.node;
      todo.push_back({child, begins_[i], begins_[i + 1], work.depth + 1});
    }
  }

  Node find_base() {
    for (Node slot = first_free_; slot != none; slot = next_free_[slot]) {
      const Node base = slot ^ labels_[0];
      if (std::all_of(labels_.begin(), labels_.end(),
                      [&](unsigned char label) { return is_free_[base ^ label]; }))
        return base;
    }
    add_block();
    return static_cast<Node>(units_.size() - 256) ^ labels_[0];
  }

  // Free slots of the newest blocks form a list.
  void add_block() {
    const auto begin = static_cast<Node>(units_.size());
    units_.resize(begin + 256);
    is_free_.resize(begin + 256, true);
    next_free_.resize(begin + 256);
    previous_free_.resize(begin + 256);
    for (Node slot = begin; slot < begin + 256; ++slot) link_last(slot);
    if (units_.size() / 256 > blocks_searched) {
      const auto old = static_cast<Node>(units_.size() - (blocks_searched + 1) * 256);
      for (Node slot = old; slot < old + 256; ++slot)
        if (is_free_[slot]) unlink(slot);
    }
  }

  void take(Node slot) {
    is_free_[slot] = false;
    unlink(slot);
  }

  void link_last(Node slot) {
    next_free_[slot] = none;
    previous_free_[slot] = last_free_;
    (last_free_ == none ? first_free_ : next_free_[last_free_]) = slot;
    last_free_ = slot;
  }

  void unlink(Node slot) {
    const Node next = next_free_[slot], previous = previous_free_[slot];
    (previous == none ? first_free_ : next_free_[previous]) = next;
    (next == none ? last_free_ : previous_free_[next]) = previous;
  }

  std::span<const Item> items_;
  std::vector<Unit>& units_;
  std::vector<bool> is_free_;
  std::vector<Node> next_free_, previous_free_;
  Node first_free_ = none, last_free_ = none;
  std::vector<unsigned char> labels_;  // of the node being placed
  std::vector<size_t> begins_;         // of the items of each, and the end
};

ByteTrie::ByteTrie(std::span<const Entry> entries) {
  const std::vector<Item> items = sorted_items(entries);
  Builder(items, units_).build();
  units_.shrink_to_fit();
}

ByteTrie::Node ByteTrie::walk(Node node, std::string_view bytes) const {
  for (size_t i = 0; i < bytes.size() && node != none; ++i) node = child(node, bytes[i]);
  return node;
}

int32_t ByteTrie::find(std::string_view key) const {
  const Node node = walk(root(), key);
  return node == none ? -1 : value(node);
}

}  // namespace penchant

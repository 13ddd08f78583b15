#include "text/byte_trie.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace penchant {

// Places node after node, depth first: for the bytes that lead on from a node it looks for a block
// in which all of them are free. Only the newest blocks are searched, so the cost stays linear.
class ByteTrie::Builder {
 public:
  Builder(std::span<const Entry> entries, std::vector<Unit>& units)
      : entries_(entries), units_(units) {
    add_block();
    take(0);
    units_[0].parent = none;
  }

  void build() {
    std::vector<Work> todo = {{0, 0, entries_.size(), 0}};
    while (!todo.empty()) {
      const Work work = todo.back();
      todo.pop_back();
      place_children(work, todo);
    }
  }

 private:
  // The entries [begin, end) share their first `depth` bytes, which lead to `node`.
  struct Work {
    Node node;
    size_t begin, end, depth;
  };
  static constexpr size_t blocks_searched = 16;

  void place_children(const Work& work, std::vector<Work>& todo) {
    size_t begin = work.begin;
    while (begin < work.end && entries_[begin].key.size() == work.depth) {
      units_[work.node].value = entries_[begin].value;
      ++begin;
    }
    if (begin == work.end) return;
    labels_.clear();
    for (size_t i = begin; i < work.end; ++i) {
      const auto byte = static_cast<unsigned char>(entries_[i].key[work.depth]);
      if (labels_.empty() || labels_.back() != byte) labels_.push_back(byte);
    }
    const Node base = find_base();
    units_[work.node].base = base;
    for (const unsigned char label : labels_) {
      take(base ^ label);
      units_[base ^ label].parent = work.node;
    }
    for (const unsigned char label : labels_) {
      const size_t first = begin;
      while (begin < work.end &&
             static_cast<unsigned char>(entries_[begin].key[work.depth]) == label)
        ++begin;
      todo.push_back({base ^ label, first, begin, work.depth + 1});
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

  std::span<const Entry> entries_;
  std::vector<Unit>& units_;
  std::vector<bool> is_free_;
  std::vector<Node> next_free_, previous_free_;
  Node first_free_ = none, last_free_ = none;
  std::vector<unsigned char> labels_;
};

ByteTrie::ByteTrie(std::span<Entry> entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.key < b.key; });
  Builder(entries, units_).build();
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

// The k best of a stream of scored rows: best first, ties by lower row, in O(n log k) with one
// comparison for most. A score that is not a number never enters.
//
//   TopK best(k);
//   for (...) best.push(row, score);
//   for (const Scored& s : best.sorted()) ...
//
// Thread-safety: one thread at a time; to merge partial results push them into one more TopK.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace penchant {

struct Scored {
  uint32_t row = 0;
  float score = 0;
  bool operator==(const Scored&) const = default;
};

class TopK {
 public:
  explicit TopK(size_t k) : k_(k) {}

  void push(uint32_t row, float score) {
    if (heap_.size() == k_ && !(k_ > 0 && better({row, score}, heap_.front()))) return;
    insert({row, score});
  }
  void push(std::span<const Scored> scored) {
    for (const Scored& s : scored) push(s.row, s.score);
  }

  bool full() const { return heap_.size() == k_; }
  // The worst score kept once full: a scan may skip everything strictly below it.
  float threshold() const { return heap_.front().score; }

  std::vector<Scored> sorted();  // empties it

  static bool better(const Scored& a, const Scored& b) {
    return a.score > b.score || (a.score == b.score && a.row < b.row);
  }

 private:
  void insert(const Scored& scored);

  size_t k_;
  std::vector<Scored> heap_;  // the worst at the front
};

// The k best rows of scores with allowed[row] != 0 (empty: all).
std::vector<Scored> top_k(std::span<const float> scores, size_t k,
                          std::span<const uint8_t> allowed = {});

}  // namespace penchant

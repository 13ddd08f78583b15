#include "math/top_k.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace penchant {

void TopK::insert(const Scored& scored) {
  if (scored.score != scored.score) return;  // not a number
  if (heap_.size() == k_) {
    std::pop_heap(heap_.begin(), heap_.end(), better);
    heap_.pop_back();
  }
  heap_.push_back(scored);
  std::push_heap(heap_.begin(), heap_.end(), better);
}

std::vector<Scored> TopK::sorted() {
  std::sort_heap(heap_.begin(), heap_.end(), better);
  return std::exchange(heap_, {});
}

std::vector<Scored> top_k(std::span<const float> scores, size_t k,
                          std::span<const uint8_t> allowed) {
  CHECK(allowed.empty() || allowed.size() == scores.size(), "one flag for each score");
  TopK best(std::min(k, scores.size()));
  for (size_t row = 0; row < scores.size(); ++row)
    if (allowed.empty() || allowed[row] != 0) best.push(static_cast<uint32_t>(row), scores[row]);
  return best.sorted();
}

}  // namespace penchant

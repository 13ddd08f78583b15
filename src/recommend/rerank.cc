#include "recommend/rerank.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "math/kernels.h"

namespace penchant {
namespace {

constexpr size_t pushing_places = 100;

class Likeness {
 public:
  explicit Likeness(const Catalogue& catalogue) : catalogue_(catalogue) {}

  double operator()(uint32_t a, uint32_t b) {
    const std::vector<float>& x = direction(a);
    const std::vector<float>& y = direction(b);
    if (x.empty() || y.empty()) return common_categories(a, b);
    return std::max(0.0f, dot(x, y));
  }

 private:
  const std::vector<float>& direction(uint32_t row) {
    const auto [it, fresh] = directions_.try_emplace(row);
    if (fresh) {
      it->second = catalogue_.direction(row);
      if (dot(it->second, it->second) == 0) it->second.clear();
    }
    return it->second;
  }

  double common_categories(uint32_t a, uint32_t b) const {
    const auto& x = catalogue_.item(a).categories;
    const auto& y = catalogue_.item(b).categories;
    if (x.empty() || y.empty()) return 0;
    size_t common = 0;
    for (const std::string& c : x) {
      common += std::find(y.begin(), y.end(), c) != y.end() ? 1 : 0;
    }
    return static_cast<double>(common) / static_cast<double>(x.size() + y.size() - common);
  }

  const Catalogue& catalogue_;
  std::unordered_map<uint32_t, std::vector<float>> directions_;
};

// A candidate's value as it was when `met` items of the list had been compared with it: an upper
// bound of what it is now.
struct Bound {
  double value = 0;
  uint32_t candidate = 0;
  uint32_t met = 0;
  double likeness = 0;
  uint32_t like_row = 0;

  bool operator<(const Bound& other) const {  // the queue's top is the largest, ties: lower row
    return value != other.value ? value < other.value : candidate > other.candidate;
  }
};

}  // namespace

std::vector<Placed> rerank(const Catalogue& catalogue, const Candidates& candidates,
                           double diversity, size_t places) {
  std::vector<Bound> bounds(candidates.rows.size());
  double best = 0;
  for (uint32_t i = 0; i < bounds.size(); ++i) {
    bounds[i].value = candidates.scores[i];
    bounds[i].candidate = i;
    best = std::max(best, candidates.scores[i]);
  }
  std::priority_queue<Bound> queue(std::less<Bound>(), std::move(bounds));
  const double strength = diversity * best;
  Likeness likeness(catalogue);
  std::vector<Placed> list;
  while (list.size() < places && !queue.empty()) {
    Bound top = queue.top();
    queue.pop();
    const uint32_t row = candidates.rows[top.candidate];
    const size_t pushing = strength > 0 ? std::min(list.size(), pushing_places) : 0;
    if (top.met < pushing) {
      for (; top.met < pushing; ++top.met) {
        const uint32_t above = candidates.rows[list[top.met].candidate];
        const double like = likeness(row, above);
        if (like > top.likeness) top.likeness = like, top.like_row = above;
      }
      top.value = candidates.scores[top.candidate] - strength * top.likeness;
      queue.push(top);
      continue;
    }
    list.push_back({top.candidate, -strength * top.likeness, top.like_row});
  }
  return list;
}

}  // namespace penchant

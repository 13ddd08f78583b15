#include "recommend/user_state.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace penchant {
namespace {

// Weights at `now` relative to the heaviest, so that a history of long ago does not vanish.
std::vector<Preference> preferences(std::span<const UserEvent> events, Seconds now, size_t limit,
                                    double sign) {
  const auto log_weight = [now](const UserEvent& e) {
    return std::log2(std::abs(e.strength)) -
           (std::isinf(e.half_life) ? 0 : (now - e.time) / e.half_life);
  };
  double top = -INFINITY;
  for (const UserEvent& e : events) {
    if (e.strength * sign > 0) top = std::max(top, log_weight(e));
  }
  std::unordered_map<uint32_t, double> weights;
  for (const UserEvent& e : events) {
    if (e.strength * sign > 0) weights[e.row] += std::exp2(log_weight(e) - top);
  }
  std::vector<std::pair<double, uint32_t>> sorted;
  sorted.reserve(weights.size());
  for (const auto& [row, weight] : weights) sorted.emplace_back(-weight, row);
  std::sort(sorted.begin(), sorted.end());
  if (sorted.size() > limit) sorted.resize(limit);
  double sum = 0;
  for (const auto& [weight, row] : sorted) sum -= weight;
  std::vector<Preference> out;
  out.reserve(sorted.size());
  for (const auto& [weight, row] : sorted) out.push_back({row, static_cast<float>(-weight / sum)});
  return out;
}

}  // namespace

UserState::UserState(const Catalogue& catalogue, std::span<const UserEvent> events) {
  for (const UserEvent& event : events) add(catalogue, event);
}

void UserState::add(const Catalogue& catalogue, const UserEvent& event) {
  if (events_.empty()) centre_version_ = catalogue.centre_version();
  const auto later = [](Seconds time, const UserEvent& e) { return time < e.time; };
  events_.insert(std::upper_bound(events_.begin(), events_.end(), event.time, later), event);
  if (event.seen) {
    const auto at = std::lower_bound(seen_.begin(), seen_.end(), event.row);
    if (at == seen_.end() || *at != event.row) seen_.insert(at, event.row);
  }
  interests_.add(event.row, catalogue.direction(event.row), event.strength, event.time,
                 event.half_life);
}

bool UserState::has_seen(uint32_t row) const {
  return std::binary_search(seen_.begin(), seen_.end(), row);
}

std::vector<Preference> UserState::liked(Seconds now, size_t limit) const {
  return preferences(events_, now, limit, 1);
}

std::vector<Preference> UserState::disliked(Seconds now, size_t limit) const {
  return preferences(events_, now, limit, -1);
}

}  // namespace penchant

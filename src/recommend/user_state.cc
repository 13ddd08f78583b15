#include "recommend/user_state.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "math/kernels.h"

namespace penchant {
namespace {

// After this many further liked events one counts half in what is recent.
constexpr double recent_items = 4;
constexpr size_t recent_members = 12;

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

void UserState::mark_seen(std::span<const uint32_t> rows) {
  seen_.insert(seen_.end(), rows.begin(), rows.end());
  std::sort(seen_.begin(), seen_.end());
  seen_.erase(std::unique(seen_.begin(), seen_.end()), seen_.end());
}

bool UserState::has_seen(uint32_t row) const {
  return std::binary_search(seen_.begin(), seen_.end(), row);
}

std::vector<Preference> UserState::liked(Seconds now, double floor, size_t limit) const {
  // Weights relative to the heaviest, so that a history of long ago does not vanish.
  const auto log_weight = [now](const UserEvent& e) {
    return std::log2(e.strength) - (std::isinf(e.half_life) ? 0 : (now - e.time) / e.half_life);
  };
  double top = -std::numeric_limits<double>::infinity();
  for (const UserEvent& e : events_) {
    if (e.strength > 0) top = std::max(top, log_weight(e));
  }
  std::unordered_map<uint32_t, double> weights;
  double later = 0;
  for (size_t i = events_.size(); i-- > 0;) {
    if (events_[i].strength <= 0) continue;
    weights[events_[i].row] +=
        std::exp2(log_weight(events_[i]) - top) * (floor + std::exp2(-later / recent_items));
    ++later;
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

Interest UserState::recent(const Catalogue& catalogue) const {
  Interest out;
  out.direction.assign(catalogue.index().dimensions(), 0);
  double later = 0, sum = 0;
  for (size_t i = events_.size(); i-- > 0 && out.members.size() < recent_members;) {
    const UserEvent& e = events_[i];
    if (e.strength <= 0) continue;
    const double weight = e.strength * std::exp2(-later / recent_items);
    ++later;
    const std::vector<float> direction = catalogue.direction(e.row);
    if (direction.empty()) continue;
    axpy(static_cast<float>(weight), direction, out.direction);
    out.members.push_back({e.row, e.strength, e.time, e.half_life, weight});
    sum += weight;
  }
  for (InterestMember& m : out.members) m.weight /= sum;
  if (normalise(out.direction) == 0) return {};
  out.share = 1;
  return out;
}

}  // namespace penchant

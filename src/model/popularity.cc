#include "model/popularity.h"

#include <algorithm>
#include <cmath>

namespace penchant {

// Trend: with r and l the sums of strengths decayed at the recent and the long half-life, a steady
// stream has r = l * recent / long; the excess is told in standard deviations of a Poisson count,
// of which at least 1 is assumed so that one event on a new item is no sensation.
Popularity Popularity::train(std::span<const Interaction> interactions, size_t items,
                             const PopularityOptions& options) {
  Popularity out;
  out.all_time.resize(items);
  out.windowed.resize(items);
  out.trending.resize(items);
  out.people.resize(items);
  if (interactions.empty()) return out;
  Seconds newest = interactions[0].time, oldest = newest;
  for (const Interaction& i : interactions) {
    newest = std::max(newest, i.time);
    oldest = std::min(oldest, i.time);
  }
  std::vector<double> recent(items), steady(items);
  for (const Interaction& i : interactions) {
    if (i.item >= items || i.strength <= 0) continue;
    const float strength = std::min(i.strength, options.strength_max);
    out.all_time[i.item] += strength;
    ++out.people[i.item];
    if (newest - i.time <= options.window) out.windowed[i.item] += strength;
    recent[i.item] += strength * std::exp2((i.time - newest) / options.recent_half_life);
    steady[i.item] += strength * std::exp2((i.time - newest) / options.long_half_life);
  }
  // Without a past longer than the recent half-life nothing can be told to have changed.
  if (newest - oldest <= options.recent_half_life) return out;
  const double usual = options.recent_half_life / options.long_half_life;
  for (size_t i = 0; i < items; ++i) {
    const double expected = steady[i] * usual;
    const double excess = (recent[i] - expected) / std::sqrt(expected + 1);
    out.trending[i] = static_cast<float>(std::max(0.0, excess));
  }
  return out;
}

}  // namespace penchant

// How popular items are: of all time, within a window, and trending (recent rate against the long
// rate). All times are relative to the newest event, so old data behave like new.
// Thread-safety: immutable once built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"

namespace penchant {

// One user's whole dealing with one item: what the behaviour models are trained on. The strength is
// positive and the time is that of the last event.
struct Interaction {
  uint32_t user = 0;
  uint32_t item = 0;
  float strength = 1;
  Seconds time = 0;
};

struct PopularityOptions {
  Seconds window = 30 * day_seconds;
  Seconds recent_half_life = 7 * day_seconds;
  Seconds long_half_life = 60 * day_seconds;
  float strength_max = 5;  // one user counts for at most this much
};

struct Popularity {
  std::vector<float> all_time;   // [items] sum of strengths
  std::vector<float> windowed;   // [items] the same within the window
  std::vector<float> trending;   // [items] standard deviations above the expected; >= 0
  std::vector<uint32_t> people;  // [items] users with a positive strength

  static Popularity train(std::span<const Interaction> interactions, size_t items,
                          const PopularityOptions& options = {});
};

}  // namespace penchant

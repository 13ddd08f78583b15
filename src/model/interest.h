// One user's interests, from signed and timed events, updated in O(clusters) per event.
//
// Online clustering: an event first makes a cluster of its own; when there are more than
// `clusters_max`, the two whose union costs least (Ward's criterion on decayed weights) become one.
// Asked for, the clusters are joined further, as long as they are alike, into the few interests one
// can name. Liked and disliked things are kept apart. A cluster is a decayed sum of vectors and its
// most telling members, so an interest can be explained by items.
// Vectors are directions (centred and L2-normalised by the caller), or zero: then the event counts
// for nothing here. Thread-safety: one thread at a time while adding; reads concurrent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"

namespace penchant {

struct InterestOptions {
  size_t clusters_max = 24;  // kept per sign
  size_t interests_max = 5;  // told per sign
  size_t members_max = 12;   // remembered per cluster
  float alike = 0.35f;       // centroids with at least this cosine are one interest
};

struct InterestMember {
  uint32_t row = 0;
  double strength = 0;  // as added; the sign is the interest's
  Seconds time = 0;
  Seconds half_life = 0;
  double weight =
      0;  // strength decayed to the time asked for, as a share of the interest's members
};

struct Interest {
  std::vector<float> direction;  // L2-normalised
  double share = 0;              // of the weight of all interests of this sign; they sum to 1
  std::vector<InterestMember> members;  // heaviest first, ties by lower row
};

class InterestModel {
 public:
  explicit InterestModel(const InterestOptions& options = {}) : options_(options) {}

  // `strength` < 0: disliked. The time may lie before that of events already added.
  void add(uint32_t row, std::span<const float> direction, double strength, Seconds time,
           Seconds half_life);

  // Largest share first. Shares are relative: silence does not make a taste fade.
  std::vector<Interest> liked(Seconds now) const;
  std::vector<Interest> disliked(Seconds now) const;

  size_t events() const { return events_; }

 private:
  struct Cluster {
    std::vector<float> sum;  // of strength * direction, decayed to `time`
    double weight = 0;       // of strength, decayed to `time`
    double rate = 0;         // half-lives per second: weighted mean over its events
    Seconds time = 0;
    std::vector<InterestMember> members;
  };
  static void move_to(Cluster& cluster, Seconds time);
  static void join(Cluster& into, Cluster&& other, size_t members_max);
  static void add_to(std::vector<Cluster>& clusters, Cluster&& event, const InterestOptions&);
  std::vector<Interest> interests(std::vector<Cluster> clusters, Seconds now) const;

  InterestOptions options_;
  std::vector<Cluster> liked_;
  std::vector<Cluster> disliked_;
  size_t events_ = 0;
};

}  // namespace penchant

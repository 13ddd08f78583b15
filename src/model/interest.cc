#include "model/interest.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "math/kernels.h"

namespace penchant {
namespace {

bool is_zero(std::span<const float> v) {
  return std::all_of(v.begin(), v.end(), [](float x) { return x == 0; });
}

double decay(double rate, Seconds elapsed) { return std::exp2(-rate * elapsed); }

// log2 of a member's weight at `now`: tells members apart even when all have faded to nothing.
double log_weight(const InterestMember& member, Seconds now) {
  const double faded = std::isinf(member.half_life) ? 0 : (now - member.time) / member.half_life;
  return std::log2(member.strength) - faded;
}

bool heavier(const InterestMember& a, const InterestMember& b, Seconds now) {
  const double wa = log_weight(a, now), wb = log_weight(b, now);
  return wa != wb ? wa > wb : a.row < b.row;
}

void keep_heaviest(std::vector<InterestMember>& members, size_t limit, Seconds now) {
  std::sort(members.begin(), members.end(),
            [now](const auto& a, const auto& b) { return heavier(a, b, now); });
  if (members.size() > limit) members.resize(limit);
}

// An item met twice is one member with both strengths, as of the later time.
void add_member(std::vector<InterestMember>& members, const InterestMember& member) {
  for (InterestMember& known : members) {
    if (known.row != member.row) continue;
    const InterestMember& later = known.time >= member.time ? known : member;
    const InterestMember& earlier = known.time >= member.time ? member : known;
    InterestMember both = later;
    both.strength += earlier.strength * decay(1 / earlier.half_life, later.time - earlier.time);
    known = both;
    return;
  }
  members.push_back(member);
}

// What the sum of squared distances to the centroids grows by when two clusters become one (Ward
// 1963), the second brought to the time of the first.
double union_cost(std::span<const float> sum_a, double weight_a, std::span<const float> sum_b,
                  double weight_b) {
  if (weight_a <= 0 || weight_b <= 0) return 0;
  const double aa = dot(sum_a, sum_a) / (weight_a * weight_a);
  const double bb = dot(sum_b, sum_b) / (weight_b * weight_b);
  const double ab = dot(sum_a, sum_b) / (weight_a * weight_b);
  return weight_a * weight_b / (weight_a + weight_b) * std::max(0.0, aa + bb - 2 * ab);
}

float cosine(std::span<const float> a, std::span<const float> b) {
  const double norms = std::sqrt(static_cast<double>(dot(a, a)) * dot(b, b));
  return norms > 0 ? static_cast<float>(dot(a, b) / norms) : 0.0f;
}

}  // namespace

void InterestModel::move_to(Cluster& cluster, Seconds time) {
  const double factor = decay(cluster.rate, time - cluster.time);
  scale(static_cast<float>(factor), cluster.sum);
  cluster.weight *= factor;
  cluster.time = time;
}

void InterestModel::join(Cluster& into, Cluster&& other, size_t members_max) {
  const Seconds time = std::max(into.time, other.time);
  move_to(into, time);
  move_to(other, time);
  const double weight = into.weight + other.weight;
  if (weight > 0) {
    into.rate = (into.rate * into.weight + other.rate * other.weight) / weight;
  }
  axpy(1, other.sum, into.sum);
  into.weight = weight;
  for (const InterestMember& member : other.members) add_member(into.members, member);
  keep_heaviest(into.members, members_max, time);
}

void InterestModel::add_to(std::vector<Cluster>& clusters, Cluster&& event,
                           const InterestOptions& options) {
  Seconds time = event.time;
  for (const Cluster& cluster : clusters) time = std::max(time, cluster.time);
  clusters.push_back(std::move(event));
  for (Cluster& cluster : clusters) move_to(cluster, time);
  if (clusters.size() <= options.clusters_max) return;
  size_t best_a = 0, best_b = 1;
  double best = std::numeric_limits<double>::infinity();
  for (size_t a = 0; a < clusters.size(); ++a) {
    for (size_t b = a + 1; b < clusters.size(); ++b) {
      const double cost =
          union_cost(clusters[a].sum, clusters[a].weight, clusters[b].sum, clusters[b].weight);
      if (cost < best) best = cost, best_a = a, best_b = b;
    }
  }
  join(clusters[best_a], std::move(clusters[best_b]), options.members_max);
  clusters.erase(clusters.begin() + static_cast<ptrdiff_t>(best_b));
}

void InterestModel::add(uint32_t row, std::span<const float> direction, double strength,
                        Seconds time, Seconds half_life) {
  if (strength == 0 || is_zero(direction)) return;
  ++events_;
  const double weight = std::abs(strength);
  Cluster event{.sum = {direction.begin(), direction.end()},
                .weight = weight,
                .rate = 1 / half_life,
                .time = time,
                .members = {{row, weight, time, half_life, 0}}};
  scale(static_cast<float>(weight), event.sum);
  add_to(strength > 0 ? liked_ : disliked_, std::move(event), options_);
}

std::vector<Interest> InterestModel::interests(std::vector<Cluster> clusters, Seconds now) const {
  // Average-linkage by centroids: the most alike become one while there are too many or they are
  // alike enough to carry one name.
  while (clusters.size() > 1) {
    size_t best_a = 0, best_b = 1;
    float best = -2;
    for (size_t a = 0; a < clusters.size(); ++a) {
      for (size_t b = a + 1; b < clusters.size(); ++b) {
        const float like = cosine(clusters[a].sum, clusters[b].sum);
        if (like > best) best = like, best_a = a, best_b = b;
      }
    }
    if (best < options_.alike && clusters.size() <= options_.interests_max) break;
    join(clusters[best_a], std::move(clusters[best_b]), 4 * options_.members_max);
    clusters.erase(clusters.begin() + static_cast<ptrdiff_t>(best_b));
  }

  std::vector<Interest> told;
  double total = 0;
  for (Cluster& cluster : clusters) total += cluster.weight;
  for (Cluster& cluster : clusters) {
    Interest interest;
    interest.direction = std::move(cluster.sum);
    if (total <= 0 || normalise(interest.direction) == 0) continue;
    interest.share = cluster.weight / total;
    interest.members = std::move(cluster.members);
    keep_heaviest(interest.members, interest.members.size(), now);
    double sum = 0;
    const double top = interest.members.empty() ? 0 : log_weight(interest.members[0], now);
    for (InterestMember& m : interest.members) {
      sum += m.weight = std::exp2(log_weight(m, now) - top);
    }
    for (InterestMember& m : interest.members) m.weight /= sum;
    told.push_back(std::move(interest));
  }
  std::stable_sort(told.begin(), told.end(),
                   [](const auto& a, const auto& b) { return a.share > b.share; });
  return told;
}

std::vector<Interest> InterestModel::liked(Seconds now) const { return interests(liked_, now); }

std::vector<Interest> InterestModel::disliked(Seconds now) const {
  return interests(disliked_, now);
}

}  // namespace penchant

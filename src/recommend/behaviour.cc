#include "recommend/behaviour.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>

namespace penchant {
namespace {

// One interaction per user and item: strengths summed, the last time; what is not positive in the
// end is left out.
std::vector<Interaction> interactions_of(std::span<const uint32_t> users,
                                         std::span<const UserEvent> events) {
  std::vector<Interaction> out;
  out.reserve(events.size());
  std::unordered_map<uint64_t, size_t> place;
  place.reserve(events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    const UserEvent& event = events[i];
    const uint64_t key = static_cast<uint64_t>(users[i]) << 32 | event.row;
    const auto [it, fresh] = place.emplace(key, out.size());
    if (fresh) out.push_back({users[i], event.row, 0, event.time});
    Interaction& one = out[it->second];
    one.strength += static_cast<float>(event.strength);
    one.time = std::max(one.time, event.time);
  }
  std::erase_if(out, [](const Interaction& i) { return i.strength <= 0; });
  return out;
}

std::vector<uint32_t> rows_by(std::span<const float> values) {
  std::vector<uint32_t> rows;
  for (uint32_t i = 0; i < values.size(); ++i) {
    if (values[i] > 0) rows.push_back(i);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [&](uint32_t a, uint32_t b) { return values[a] > values[b]; });
  return rows;
}

// What a typical user's tenth-best new item scores, from users spread evenly: the median.
float typical_tenth_best(const ItemKnn& item_knn, std::span<const Interaction> interactions) {
  constexpr uint32_t sampled = 256;
  uint32_t users = 0;
  for (const Interaction& i : interactions) users = std::max(users, i.user + 1);
  const uint32_t step = std::max(1u, users / sampled);
  std::map<uint32_t, std::vector<Preference>> histories;
  for (const Interaction& i : interactions) {
    if (i.user % step == 0) histories[i.user].push_back({i.item, i.strength});
  }
  std::vector<float> tenths;
  for (auto& [user, history] : histories) {
    float sum = 0;
    for (const Preference& p : history) sum += p.strength;
    for (Preference& p : history) p.strength /= sum;
    std::vector<float> scores;
    for (const RowScore& n : item_knn.scores(history)) {
      const bool known = std::any_of(history.begin(), history.end(),
                                     [&n](const Preference& p) { return p.row == n.row; });
      if (!known) scores.push_back(static_cast<float>(n.score));
    }
    if (scores.empty()) continue;
    const size_t tenth = std::min<size_t>(9, scores.size() - 1);
    std::nth_element(scores.begin(), scores.begin() + static_cast<ptrdiff_t>(tenth), scores.end(),
                     std::greater<>());
    tenths.push_back(scores[tenth]);
  }
  if (tenths.empty()) return 0;
  const auto middle = tenths.begin() + static_cast<ptrdiff_t>(tenths.size() / 2);
  std::nth_element(tenths.begin(), middle, tenths.end());
  return *middle;
}

}  // namespace

Behaviour Behaviour::train(std::span<const uint32_t> users, std::span<const UserEvent> events,
                           size_t items, const BehaviourOptions& options, ThreadPool* pool) {
  Behaviour out;
  const std::vector<Interaction> interactions = interactions_of(users, events);
  out.interactions_ = interactions.size();
  out.item_knn_ = ItemKnn::train(interactions, items, options.item_knn, pool);
  out.popularity_ = Popularity::train(interactions, items, options.popularity);
  out.item_knn_scale_ = typical_tenth_best(out.item_knn_, interactions);
  out.by_popularity_ = rows_by(out.popularity_.all_time);
  out.by_trend_ = rows_by(out.popularity_.trending);
  return out;
}

}  // namespace penchant

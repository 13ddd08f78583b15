// For tests: small worlds with a structure whose right answers are known.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "index/inverted.h"
#include "recommend/behaviour.h"
#include "recommend/catalogue.h"
#include "recommend/pipeline.h"
#include "recommend/user_state.h"

namespace penchant {

inline constexpr Seconds test_now = 1'700'000'000;

// A unit vector mostly along axis `axis`, tilted a little by `tilt` so that no two are equal.
inline std::vector<float> test_vector(size_t axis, size_t tilt, size_t dimensions = 16) {
  std::vector<float> v(dimensions);
  v[axis % dimensions] = 1;
  v[(axis + 1 + tilt) % dimensions] += 0.1f + 0.01f * static_cast<float>(tilt % 20);
  float squares = 0;
  for (const float x : v) squares += x * x;
  for (float& x : v) x /= std::sqrt(squares);
  return v;
}

class TestWorld {
 public:
  // Items "i0", "i1", ... of which number i has category and vector of group i % groups.
  void add_items(size_t count, size_t groups) {
    std::vector<CatalogueChange> changes;
    for (size_t i = 0; i < count; ++i) {
      CatalogueChange change;
      const std::string group = fmt::format("group{}", i % groups);
      change.item.id = fmt::format("i{}", i);
      change.item.title = fmt::format("Item {}", i);
      change.item.categories = {group, "all"};
      change.item.labels = {{"number", i}};
      change.item.title_words = pack_words(std::vector<std::string>{"item", group});
      change.item.words = change.item.title_words;
      change.vector = test_vector(i % groups, i / groups);
      changes.push_back(std::move(change));
    }
    change(changes);
  }

  void change(const std::vector<CatalogueChange>& changes) {
    catalogue = catalogue.with(changes);
    for (const CatalogueChange& c : changes) {
      std::vector<std::string> words;
      for (size_t at = 1; at < c.item.words.size();) {
        const size_t end = c.item.words.find('\n', at);
        words.push_back(c.item.words.substr(at, end - at));
        at = end + 1;
      }
      index.set(*catalogue.find(c.item.id), words);
    }
  }

  void event(uint32_t user, uint32_t row, double strength, Seconds time) {
    events[user].push_back({row, strength, time, 90 * day_seconds, true});
  }

  void train(const BehaviourOptions& options = {}) {
    std::vector<uint32_t> users;
    std::vector<UserEvent> all;
    for (const auto& [user, list] : events) {
      for (const UserEvent& e : list) users.push_back(user), all.push_back(e);
    }
    behaviour = Behaviour::train(users, all, catalogue.rows(), options, nullptr);
  }

  UserState state(uint32_t user) const {
    const auto it = events.find(user);
    return it == events.end() ? UserState() : UserState(catalogue, it->second);
  }

  World world() const { return {catalogue, behaviour, &index, test_now, nullptr}; }

  Catalogue catalogue;
  Behaviour behaviour;
  InvertedIndex index;
  std::map<uint32_t, std::vector<UserEvent>> events;
};

// Users 0 .. n-1 and items 0 .. n-1 in two colours: user u chose every item of its own colour but
// item u itself. Whoever understands behaviour recommends user u item u first.
inline TestWorld checkerboard(size_t n, bool vectors) {
  TestWorld test;
  test.add_items(n, 2);
  if (!vectors) {
    std::vector<CatalogueChange> bare;
    for (uint32_t row = 0; row < n; ++row) bare.push_back({test.catalogue.item(row), {}});
    test.catalogue = Catalogue();
    test.change(bare);
  }
  for (uint32_t user = 0; user < n; ++user) {
    for (uint32_t row = user % 2; row < n; row += 2) {
      if (row != user) test.event(user, row, 1, test_now - 1000 + row);
    }
  }
  test.train();
  return test;
}

}  // namespace penchant

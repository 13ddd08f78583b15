#include "model/popularity.h"

#include <gtest/gtest.h>

namespace penchant {
namespace {

constexpr Seconds day = day_seconds;

TEST(Popularity, CountsPeopleAndStrengthsUpToAMost) {
  const std::vector<Interaction> interactions = {
      {0, 0, 1, 0}, {1, 0, 2, 0}, {2, 1, 100, 0}, {3, 2, -1, 0}, {4, 9, 1, 0}};
  const Popularity p = Popularity::train(interactions, 3);
  EXPECT_EQ(p.all_time, (std::vector<float>{3, 5, 0}));  // of 100 only 5 count, -1 and item 9 not
  EXPECT_EQ(p.people, (std::vector<uint32_t>{2, 1, 0}));
}

TEST(Popularity, TheWindowEndsAtTheNewestEvent) {
  const std::vector<Interaction> interactions = {
      {0, 0, 1, 0}, {1, 1, 1, 71 * day}, {2, 1, 1, 100 * day}};
  const Popularity p = Popularity::train(interactions, 2);
  EXPECT_EQ(p.windowed, (std::vector<float>{0, 2}));
}

TEST(Popularity, WhatGrowsTrendsAndWhatIsSteadyDoesNot) {
  std::vector<Interaction> interactions;
  uint32_t user = 0;
  for (int d = 0; d < 400; ++d) interactions.push_back({user++, 0, 1, d * day});  // one a day
  for (int i = 0; i < 50; ++i) interactions.push_back({user++, 1, 1, (395 + i % 5) * day});
  for (int i = 0; i < 400; ++i)
    interactions.push_back({user++, 2, 1, (i % 100) * day});  // long ago
  const Popularity p = Popularity::train(interactions, 3);
  EXPECT_GT(p.trending[1], 5);
  EXPECT_LT(p.trending[0], 1);
  EXPECT_EQ(p.trending[2], 0);
}

TEST(Popularity, OneEventOnANewItemIsNoSensation) {
  std::vector<Interaction> interactions = {{0, 0, 1, 0}, {1, 1, 1, 100 * day}};
  const Popularity p = Popularity::train(interactions, 2);
  EXPECT_LT(p.trending[1], 1);
}

TEST(Popularity, WithoutAPastNothingTrends) {
  std::vector<Interaction> interactions;
  for (uint32_t u = 0; u < 50; ++u) interactions.push_back({u, u % 2, 1, Seconds(u)});
  const Popularity p = Popularity::train(interactions, 2);
  EXPECT_EQ(p.trending, (std::vector<float>{0, 0}));
  EXPECT_TRUE(Popularity::train({}, 0).all_time.empty());
}

TEST(Popularity, OldDataBehaveLikeNew) {
  std::vector<Interaction> old, recent;
  for (uint32_t u = 0; u < 60; ++u) {
    old.push_back({u, u % 3, 1, (u * u % 90) * day});
    recent.push_back({u, u % 3, 1, (10'000 + u * u % 90) * day});
  }
  const Popularity a = Popularity::train(old, 3), b = Popularity::train(recent, 3);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(a.trending[i], b.trending[i], 1e-4);
}

}  // namespace
}  // namespace penchant

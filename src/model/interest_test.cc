#include "model/interest.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"

namespace penchant {
namespace {

constexpr Seconds half_life = 100;

std::vector<float> axis(size_t i, size_t dimensions = 8) {
  std::vector<float> v(dimensions);
  v[i] = 1;
  return v;
}

TEST(InterestModel, KeepsWhatIsUnlikeApart) {
  InterestModel model;
  for (uint32_t i = 0; i < 6; ++i) model.add(i, axis(i % 2), i % 2 == 0 ? 2 : 1, 10, half_life);
  const std::vector<Interest> liked = model.liked(10);
  ASSERT_EQ(liked.size(), 2u);
  EXPECT_NEAR(liked[0].share, 2.0 / 3, 1e-9);
  EXPECT_NEAR(liked[1].share, 1.0 / 3, 1e-9);
  EXPECT_FLOAT_EQ(liked[0].direction[0], 1);
  for (const InterestMember& m : liked[0].members) EXPECT_EQ(m.row % 2, 0u);
  EXPECT_TRUE(model.disliked(10).empty());
}

TEST(InterestModel, LikedAndDislikedNeverMix) {
  InterestModel model;
  model.add(1, axis(0), 1, 10, half_life);
  model.add(2, axis(0), -3, 10, half_life);
  ASSERT_EQ(model.liked(10).size(), 1u);
  ASSERT_EQ(model.disliked(10).size(), 1u);
  EXPECT_EQ(model.liked(10)[0].members[0].row, 1u);
  EXPECT_EQ(model.disliked(10)[0].members[0].row, 2u);
  EXPECT_GT(model.disliked(10)[0].direction[0], 0);
}

TEST(InterestModel, OldTastesFadeAgainstNewOnesButNotBySilence) {
  InterestModel model;
  model.add(1, axis(0), 1, 0, half_life);
  model.add(2, axis(1), 1, 3 * half_life, half_life);
  const auto liked = model.liked(3 * half_life);
  ASSERT_EQ(liked.size(), 2u);
  EXPECT_EQ(liked[0].members[0].row, 2u);
  EXPECT_NEAR(liked[0].share, 8.0 / 9, 1e-6);
  const auto later = model.liked(50 * half_life);
  EXPECT_NEAR(later[0].share, liked[0].share, 1e-6);
}

TEST(InterestModel, ADirectionLeansToWhatWasLikedLast) {
  InterestModel model;
  const std::vector<float> aside = {0.8f, 0.6f, 0, 0, 0, 0, 0, 0};
  model.add(1, axis(0), 1, 0, half_life);
  model.add(2, aside, 1, 3 * half_life, half_life);
  const auto liked = model.liked(3 * half_life);
  ASSERT_EQ(liked.size(), 1u);  // alike enough for one name
  EXPECT_NEAR(liked[0].direction[1] / liked[0].direction[0], 0.6 / (0.8 + 1.0 / 8), 1e-5);
}

TEST(InterestModel, JoinedClustersFadeAsTheirEventsDo) {
  InterestModel model({.clusters_max = 2});
  model.add(1, axis(0), 1, 0, half_life);
  model.add(2, axis(0), 1, 0, half_life);
  model.add(3, axis(1), 1, 0, half_life);          // now 1 and 2 are one cluster
  model.add(4, axis(1), 1, half_life, half_life);  // 3 and 4 are the other
  const auto liked = model.liked(half_life);
  ASSERT_EQ(liked.size(), 2u);
  EXPECT_NEAR(liked[0].share, 1.5 / 2.5, 1e-6);
  EXPECT_NEAR(liked[1].share, 1.0 / 2.5, 1e-6);
}

TEST(InterestModel, NeverFadingEventsDoNot) {
  InterestModel model;
  model.add(1, axis(0), 1, 0, std::numeric_limits<double>::infinity());
  model.add(2, axis(1), 1, 1e9, std::numeric_limits<double>::infinity());
  for (const Interest& i : model.liked(2e9)) EXPECT_NEAR(i.share, 0.5, 1e-9);
}

TEST(InterestModel, TellsNoMoreInterestsThanItMay) {
  InterestModel model({.clusters_max = 6, .interests_max = 3, .members_max = 4});
  Random random(7);
  for (uint32_t i = 0; i < 200; ++i) {
    std::vector<float> v(8);
    float squares = 0;
    for (float& x : v) x = static_cast<float>(random.uniform() - 0.5), squares += x * x;
    for (float& x : v) x /= std::sqrt(squares);
    model.add(i, v, 1, i, half_life);
  }
  const auto liked = model.liked(200);
  EXPECT_LE(liked.size(), 3u);
  double shares = 0;
  for (const Interest& interest : liked) {
    shares += interest.share;
    double weights = 0, squares = 0;
    for (const InterestMember& m : interest.members) weights += m.weight;
    for (const float x : interest.direction) squares += x * x;
    EXPECT_NEAR(weights, 1, 1e-9);
    EXPECT_NEAR(squares, 1, 1e-5);
    for (size_t m = 1; m < interest.members.size(); ++m)
      EXPECT_GE(interest.members[m - 1].weight, interest.members[m].weight);
  }
  EXPECT_NEAR(shares, 1, 1e-9);
}

TEST(InterestModel, AnItemMetTwiceIsOneMember) {
  InterestModel model({.clusters_max = 1});
  model.add(7, axis(0), 1, 0, half_life);
  model.add(7, axis(0), 1, half_life, half_life);
  const auto liked = model.liked(half_life);
  ASSERT_EQ(liked.size(), 1u);
  ASSERT_EQ(liked[0].members.size(), 1u);
  EXPECT_NEAR(liked[0].members[0].strength, 1.5, 1e-9);
}

TEST(InterestModel, TheOrderOfArrivalHardlyMatters) {
  InterestModel forward, backward;
  for (uint32_t i = 0; i < 10; ++i) {
    forward.add(i, axis(i % 3), 1, i, half_life);
    backward.add(9 - i, axis((9 - i) % 3), 1, 9 - i, half_life);
  }
  const auto a = forward.liked(10), b = backward.liked(10);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a[i].share, b[i].share, 1e-6);
    EXPECT_EQ(a[i].members[0].row, b[i].members[0].row);
  }
}

TEST(InterestModel, WhatHasNoVectorOrNoStrengthCountsForNothing) {
  InterestModel model;
  model.add(1, std::vector<float>(8), 1, 0, half_life);
  model.add(2, axis(0), 0, 0, half_life);
  EXPECT_EQ(model.events(), 0u);
  EXPECT_TRUE(model.liked(0).empty());
}

}  // namespace
}  // namespace penchant

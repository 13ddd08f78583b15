#include "math/top_k.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace penchant {
namespace {

TEST(TopK, FindsWhatSortingFinds) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> scores(random.below(60));
    std::vector<uint8_t> allowed(scores.size());
    std::vector<Scored> expected;
    for (size_t i = 0; i < scores.size(); ++i) {
      scores[i] = static_cast<float>(random.below(12)) - 6;  // many ties
      allowed[i] = random.below(3) != 0;
      if (allowed[i]) expected.push_back({static_cast<uint32_t>(i), scores[i]});
    }
    std::sort(expected.begin(), expected.end(), TopK::better);
    const size_t k = random.below(20);
    if (expected.size() > k) expected.resize(k);
    EXPECT_EQ(top_k(scores, k, allowed), expected);
  }
}

TEST(TopK, BreaksTiesByLowerRow) {
  TopK best(2);
  for (const uint32_t row : {7u, 3u, 9u, 1u}) best.push(row, 0.5f);
  EXPECT_EQ(best.sorted(), (std::vector<Scored>{{1, 0.5f}, {3, 0.5f}}));
}

TEST(TopK, LeavesOutWhatIsNotANumber) {
  const std::vector<float> scores = {NAN, 1, NAN, -INFINITY, INFINITY, NAN};
  EXPECT_EQ(top_k(scores, 6), (std::vector<Scored>{{4, INFINITY}, {1, 1}, {3, -INFINITY}}));
}

TEST(TopK, OfNothingIsNothing) {
  EXPECT_TRUE(top_k({}, 5).empty());
  EXPECT_TRUE(top_k(std::vector<float>{1, 2}, 0).empty());
}

}  // namespace
}  // namespace penchant

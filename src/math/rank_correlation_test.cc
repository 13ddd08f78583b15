#include "math/rank_correlation.h"

#include <gtest/gtest.h>

#include <vector>

namespace penchant {
namespace {

// Values of scipy.stats.spearmanr.
TEST(Spearman, IsThatOfScipy) {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6, 7, 8}, y = {2, 1, 4, 3, 7, 8, 6, 5};
  EXPECT_NEAR(spearman(x, y), 0.73809523810, 1e-9);
  const std::vector<double> tied = {1, 1, 2, 2, 2, 9, 9, 10};
  EXPECT_NEAR(spearman(tied, y), 0.72889516138, 1e-9);
}

TEST(Spearman, SeesOrderAlone) {
  const std::vector<double> x = {1, 2, 3}, y = {-100, 0.5, 1e9}, z = {3, 2, 1};
  EXPECT_EQ(spearman(x, y), 1);
  EXPECT_EQ(spearman(x, z), -1);
}

TEST(Spearman, OfWhatTellsNothingIsZero) {
  const std::vector<double> x = {1, 2, 3}, same = {4, 4, 4};
  EXPECT_EQ(spearman(x, same), 0);
  EXPECT_EQ(spearman({}, {}), 0);
}

}  // namespace
}  // namespace penchant

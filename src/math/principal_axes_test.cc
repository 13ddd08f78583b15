#include "math/principal_axes.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "math/kernels.h"

namespace penchant {
namespace {

// Points spread by 3 along (0.6, 0.8, 0) and by 1 along (0.8, -0.6, 0), about (5, 6, 7).
Matrix cloud() {
  Matrix points(20'000, 3);
  Random random(7);
  for (size_t i = 0; i < points.rows; ++i) {
    const double a = 3 * (random.uniform() * 2 - 1), b = random.uniform() * 2 - 1;
    points.row(i)[0] = static_cast<float>(5 + 0.6 * a + 0.8 * b);
    points.row(i)[1] = static_cast<float>(6 + 0.8 * a - 0.6 * b);
    points.row(i)[2] = 7;
  }
  return points;
}

TEST(PrincipalAxes, AreTheDirectionsOfTheSpread) {
  const PrincipalAxes found = principal_axes(cloud(), 3);
  const float mean[] = {5, 6, 7};
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(found.mean[i], mean[i], 0.05);
  EXPECT_NEAR(std::abs(0.6f * found.axes.row(0)[0] + 0.8f * found.axes.row(0)[1]), 1, 1e-3);
  EXPECT_NEAR(std::abs(0.8f * found.axes.row(1)[0] - 0.6f * found.axes.row(1)[1]), 1, 1e-3);
  EXPECT_NEAR(found.variances[0], 3, 0.1);  // of a uniform spread: 3^2 / 3
  EXPECT_NEAR(found.variances[1], 1.0 / 3, 0.02);
  EXPECT_NEAR(found.variances[2], 0, 1e-6);
}

TEST(PrincipalAxes, AreOfLengthOneAndAtRightAngles) {
  const PrincipalAxes found = principal_axes(cloud(), 2);
  ASSERT_EQ(found.axes.rows, 2u);
  EXPECT_NEAR(dot(found.axes.row(0), found.axes.row(0)), 1, 1e-5);
  EXPECT_NEAR(dot(found.axes.row(0), found.axes.row(1)), 0, 1e-5);
}

}  // namespace
}  // namespace penchant

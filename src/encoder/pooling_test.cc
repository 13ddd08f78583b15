#include "encoder/pooling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace penchant {
namespace {

// Three tokens of two values, and what every mode makes of them.
TEST(Pooling, FollowsTheFormulaOfEachMode) {
  const std::vector<float> states = {1, -2, 3, 4, -5, 6};
  struct Case {
    Pooling pooling;
    double x, y;
  };
  const Case cases[] = {
      {Pooling::cls, 1, -2},
      {Pooling::last, -5, 6},
      {Pooling::max, 3, 6},
      {Pooling::mean, -1.0 / 3, 8.0 / 3},
      {Pooling::mean_sqrt, -1 / std::sqrt(3), 8 / std::sqrt(3)},
      {Pooling::weighted_mean, (1 + 2 * 3 + 3 * -5) / 6.0, (-2 + 2 * 4 + 3 * 6) / 6.0}};
  for (const auto& [pooling, x, y] : cases) {
    std::vector<float> out(2);
    pool(pooling, states, 0, out);
    EXPECT_NEAR(out[0], x, 1e-6) << static_cast<int>(pooling);
    EXPECT_NEAR(out[1], y, 1e-6) << static_cast<int>(pooling);
    pool(pooling, std::span(states).first(2), 0, out);  // of one token all are the same
    EXPECT_EQ(out, (std::vector<float>{1, -2}));
  }
}

// The first token is the prompt's: what every mode makes of the other two, then of none.
TEST(Pooling, LeavesOutAPromptAsSentenceTransformersDoes) {
  const std::vector<float> states = {1, -2, 3, 4, -5, 6};
  struct Case {
    Pooling pooling;
    double x, y;
  };
  const Case cases[] = {{Pooling::cls, 3, 4},
                        {Pooling::last, -5, 6},
                        {Pooling::max, 3, 6},
                        {Pooling::mean, -1, 5},
                        {Pooling::mean_sqrt, -2 / std::sqrt(2), 10 / std::sqrt(2)},
                        {Pooling::weighted_mean, (2 * 3 + 3 * -5) / 5.0, (2 * 4 + 3 * 6) / 5.0}};
  for (const auto& [pooling, x, y] : cases) {
    std::vector<float> out(2);
    pool(pooling, states, 1, out);
    EXPECT_NEAR(out[0], x, 1e-6) << static_cast<int>(pooling);
    EXPECT_NEAR(out[1], y, 1e-6) << static_cast<int>(pooling);
    pool(pooling, states, 3, out);
    const bool is_cls = pooling == Pooling::cls;
    EXPECT_EQ(out, is_cls ? (std::vector<float>{1, -2}) : std::vector<float>(2));
  }
}

TEST(Pooling, IsTakenApartIntoWhatEachStateBrings) {
  using enum Pooling;
  for (const Pooling pooling : {mean, mean_sqrt, weighted_mean, max, cls, last})
    for (const size_t unpooled : {0, 1, 3}) {
      Matrix states(3, 2);
      states.values = {1, -2, 3, 4, -5, 4};
      std::vector<float> out(2);
      pool(pooling, states.values, unpooled, out);
      const bool is_sum = split_pool(pooling, unpooled, states);
      EXPECT_EQ(is_sum, pooling != cls && pooling != last);
      for (size_t i = 0; i < 2 && is_sum; ++i)
        EXPECT_NEAR(states.row(0)[i] + states.row(1)[i] + states.row(2)[i], out[i], 1e-6);
      if (pooling != max || unpooled > 0) continue;
      EXPECT_EQ(states.values, (std::vector<float>{0, 0, 3, 4, 0, 0}));
    }
}

TEST(Pooling, ShortenedVectorsHaveLengthOneAgain) {
  Matrix vectors(2, 3);
  vectors.values = {0.6f, 0, 0.8f, 0.48f, 0.64f, 0.6f};
  ASSERT_TRUE(shorten(vectors, 0).ok());
  EXPECT_EQ(vectors.cols, 3u);
  EXPECT_EQ(shorten(vectors, 4).error().message, "dimensions: 4 is more than the model's 3");
  ASSERT_TRUE(shorten(vectors, 2).ok());
  ASSERT_EQ(vectors.values.size(), 4u);
  Matrix raw(1, 3);
  raw.values = {3, 4, 5};
  ASSERT_TRUE(shorten(raw, 2, false).ok());
  EXPECT_EQ(raw.values, (std::vector<float>{3, 4}));
  const float expected[] = {1, 0, 0.6f, 0.8f};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(vectors.values[i], expected[i], 1e-6);
}

}  // namespace
}  // namespace penchant

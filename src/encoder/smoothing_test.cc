#include "encoder/smoothing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "math/matmul.h"

namespace penchant {
namespace {

TEST(Smoothing, IsTheRootOfAColumnsLargestSizeAndItsInverse) {
  const Smoothing s = smoothing_of(std::vector<float>{1, -16, 0, -4, 9, 0}, 3);
  EXPECT_EQ(s.weights, (std::vector<float>{2, 4, std::sqrt(0.016f)}));
  for (size_t i = 0; i < 3; ++i) EXPECT_FLOAT_EQ(s.activations[i] * s.weights[i], 1);
}

TEST(Smoothing, LeavesASampleWithoutSizeAlone) {
  for (const float value : {0.0f, INFINITY}) {
    const Smoothing s = smoothing_of(std::vector<float>(4, value), 2);
    EXPECT_EQ(s.weights, std::vector<float>(2, 1));
    EXPECT_EQ(s.activations, std::vector<float>(2, 1));
  }
}

// Sum of squared errors of a product in bytes whose rows have an outlier in one column.
double error_of_bytes(bool smoothed) {
  const size_t m = 8, n = 64, k = 128;
  Random random{5};
  std::vector<float> x(m * k), w(n * k), exact(m * n), y(m * n);
  for (float& value : x) value = static_cast<float>(random.uniform() * 2 - 1);
  for (float& value : w) value = static_cast<float>(random.uniform() * 2 - 1);
  for (size_t row = 0; row < m; ++row) x[row * k + 7] = 40 + x[row * k + 7];
  FloatLinear(w, n, k, {}).run(x.data(), k, m, exact.data(), n);

  const Smoothing s = smoothing_of(x, k);
  if (smoothed) multiply_columns(w, s.weights);
  PackedRows rows;
  PackedWork work;
  rows.reshape(m, k, Number::bytes);
  for (size_t row = 0; row < m; ++row)
    rows.set(row, x.data() + row * k, smoothed ? s.activations.data() : nullptr);
  PackedLinear(w, n, k, {}, Number::bytes).run(rows, 0, m, y.data(), n, work);
  double error = 0;
  for (size_t i = 0; i < y.size(); ++i) error += (y[i] - exact[i]) * (y[i] - exact[i]);
  return error;
}

TEST(Smoothing, MakesProductsInBytesOfRowsWithAnOutlierCloser) {
  EXPECT_LT(error_of_bytes(true), error_of_bytes(false) / 10);
}

}  // namespace
}  // namespace penchant

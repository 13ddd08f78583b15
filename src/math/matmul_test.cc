#include "math/matmul.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "math/kernels.h"

namespace penchant {
namespace {

std::vector<float> random_values(Random& random, size_t n) {
  std::vector<float> x(n);
  for (float& value : x) value = static_cast<float>(random.uniform() * 2 - 1);
  return x;
}

struct Shape {
  size_t m, n, k;
};
const Shape shapes[] = {{1, 1, 1},   {3, 5, 7},     {12, 32, 16},  {13, 33, 64},
                        {25, 96, 1}, {40, 100, 32}, {5, 1152, 384}};

class FloatLinearTables : public testing::TestWithParam<std::string> {
 protected:
  FloatLinearTables() { EXPECT_TRUE(set_kernels(GetParam())); }
  ~FloatLinearTables() override { set_kernels(kernel_names().front()); }
  Random random{7};
};

INSTANTIATE_TEST_SUITE_P(Each, FloatLinearTables, testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const auto name : kernel_names()) names.emplace_back(name);
                           return names;
                         }()),
                         [](const auto& table) { return table.param; });

TEST_P(FloatLinearTables, IsTheProductInDouble) {
  for (const auto [m, n, k] : shapes) {
    const auto x = random_values(random, m * k), w = random_values(random, n * k),
               bias = random_values(random, n);
    const FloatLinear with(w, n, k, bias), without(w, n, k, {});
    std::vector<float> y(m * (n + 1), 5), z(m * n);
    with.run(x.data(), k, m, y.data(), n + 1);
    without.run(x.data(), k, m, z.data(), n);
    for (size_t r = 0; r < m; ++r) {
      for (size_t c = 0; c < n; ++c) {
        double expected = 0;
        for (size_t i = 0; i < k; ++i) expected += double{x[r * k + i]} * w[c * k + i];
        EXPECT_NEAR(z[r * n + c], expected, 5e-5);
        EXPECT_NEAR(y[r * (n + 1) + c], expected + bias[c], 5e-5);
      }
      EXPECT_EQ(y[r * (n + 1) + n], 5);
    }
  }
}

TEST_P(FloatLinearTables, GivesARowTheSameBitsWhateverItsNeighbours) {
  const size_t m = 50, n = 70, k = 90;
  const auto x = random_values(random, m * k), w = random_values(random, n * k);
  const FloatLinear linear(w, n, k, {});
  std::vector<float> all(m * n), some(m * n);
  linear.run(x.data(), k, m, all.data(), n);
  for (size_t first = 0; first < m; first += 7)
    for (size_t rows = 1; rows <= m - first; rows += 5) {
      linear.run(x.data() + first * k, k, rows, some.data(), n);
      EXPECT_TRUE(std::equal(some.begin(), some.begin() + static_cast<ptrdiff_t>(rows * n),
                             all.begin() + static_cast<ptrdiff_t>(first * n)));
    }
}

}  // namespace
}  // namespace penchant

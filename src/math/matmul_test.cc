#include "math/matmul.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
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

// ---- bytes ----

const Shape byte_shapes[] = {{1, 1, 1},     {5, 10, 70},     {1, 32, 32},   {2, 96, 64},
                             {16, 64, 384}, {17, 128, 64},   {33, 160, 48}, {64, 32, 1536},
                             {70, 48, 100}, {100, 1536, 384}};

std::vector<float> unpack(const ByteRows& rows, size_t m, size_t k) {
  std::vector<float> x;
  for (size_t r = 0; r < m; ++r)
    for (size_t i = 0; i < k; ++i)
      x.push_back(rows.at(r)[i / 64 * rows.chunk_stride() + i % 64] * rows.steps()[r]);
  return x;
}

ByteRows to_rows(const std::vector<float>& x, size_t m, size_t k, bool tiled) {
  ByteRows rows;
  rows.reshape(m, k, tiled);
  for (size_t r = 0; r < m; ++r) rows.set(r, x.data() + r * k);
  return rows;
}

struct Outcome {
  std::vector<float> y, added, gelu;
};

Outcome run_all(const ByteLinear& linear, const std::vector<float>& x, size_t m, size_t n,
                size_t k) {
  ByteWork work;
  const ByteRows rows = to_rows(x, m, k, linear.tiled());
  Outcome out{std::vector<float>(m * n), std::vector<float>(m * n, 2), {}};
  linear.run(rows, 0, m, out.y.data(), n, work);
  linear.run_add(rows, 0, m, out.added.data(), n, work);
  ByteRows bytes;
  bytes.reshape(m, n, linear.tiled());
  linear.run_gelu(rows, 0, m, bytes, work);
  out.gelu = unpack(bytes, m, n);
  return out;
}

double gelu(double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2.0)); }

class ByteLinearBackends : public testing::TestWithParam<std::string> {
 protected:
  ByteLinearBackends() { EXPECT_TRUE(set_byte_backend(GetParam())); }
  ~ByteLinearBackends() override { set_byte_backend(byte_backend_names().front()); }
  Random random{9};
};

INSTANTIATE_TEST_SUITE_P(Each, ByteLinearBackends, testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const auto name : byte_backend_names()) names.emplace_back(name);
                           return names;
                         }()),
                         [](const auto& backend) {
                           std::string name = backend.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_P(ByteLinearBackends, IsTheProductWithinTheRounding) {
  const double weight_step = GetParam() == "onednn-7bit" ? 0.5 / 63 : 0.5 / 127;
  for (const auto [m, n, k] : byte_shapes) {
    const auto x = random_values(random, m * k), w = random_values(random, n * k),
               bias = random_values(random, n);
    const Outcome out = run_all(ByteLinear(w, n, k, bias), x, m, n, k);
    // Errors of K rounded products add up like a random walk; five deviations.
    const double bound = 5 * std::sqrt(static_cast<double>(k) / 9) * (weight_step + 0.5 / 127);
    for (size_t r = 0; r < m; ++r) {
      double top = 0;
      for (size_t c = 0; c < n; ++c) {
        double expected = bias[c];
        for (size_t i = 0; i < k; ++i) expected += double{x[r * k + i]} * w[c * k + i];
        top = std::max(top, std::fabs(gelu(out.y[r * n + c])));
        ASSERT_NEAR(out.y[r * n + c], expected, bound) << m << " " << n << " " << k;
        ASSERT_NEAR(out.added[r * n + c], out.y[r * n + c] + 2, 1e-5);
      }
      for (size_t c = 0; c < n; ++c)
        ASSERT_NEAR(out.gelu[r * n + c], gelu(out.y[r * n + c]), top * 0.008 + 3e-4);
    }
  }
}

TEST_P(ByteLinearBackends, GivesTheSumsOfThePortableOne) {
  if (GetParam() == "onednn-7bit") GTEST_SKIP() << "other weights: 7 bits";
  for (const auto [m, n, k] : byte_shapes) {
    const auto x = random_values(random, m * k), w = random_values(random, n * k),
               bias = random_values(random, n);
    const Outcome out = run_all(ByteLinear(w, n, k, bias), x, m, n, k);
    set_byte_backend("portable");
    const Outcome portable = run_all(ByteLinear(w, n, k, bias), x, m, n, k);
    set_byte_backend(GetParam());
    for (size_t i = 0; i < m * n; ++i) ASSERT_NEAR(out.y[i], portable.y[i], 2e-5);
  }
}

TEST_P(ByteLinearBackends, KeepsSumsExactForTheLargestBytes) {
  const size_t m = 35, n = 32, k = 1536;
  const std::vector<float> x(m * k, 127), w(n * k, -1);
  const Outcome out = run_all(ByteLinear(w, n, k, {}), x, m, n, k);
  for (const float y : out.y) EXPECT_FLOAT_EQ(y, -127.0f * 1536);
}

TEST_P(ByteLinearBackends, GivesARowTheSameBitsWhateverItsNeighbours) {
  const size_t m = 90, n = 64, k = 128;
  const auto x = random_values(random, m * k), w = random_values(random, n * k);
  const ByteLinear linear(w, n, k, {});
  const Outcome all = run_all(linear, x, m, n, k);
  for (const size_t first : {0, 1, 17, 40, 89})
    for (const size_t rows : {1, 2, 16, 31, 50}) {
      if (first + rows > m) continue;
      const std::vector<float> part(x.begin() + static_cast<ptrdiff_t>(first * k),
                                    x.begin() + static_cast<ptrdiff_t>((first + rows) * k));
      const Outcome some = run_all(linear, part, rows, n, k);
      for (size_t i = 0; i < rows * n; ++i) {
        ASSERT_EQ(some.y[i], all.y[first * n + i]);
        ASSERT_EQ(some.gelu[i], all.gelu[first * n + i]);
      }
    }
}

TEST_P(ByteLinearBackends, RunsPartsOfItsRows) {
  const size_t m = 96, n = 32, k = 64;
  const auto x = random_values(random, m * k), w = random_values(random, n * k);
  const ByteLinear linear(w, n, k, {});
  const ByteRows rows = to_rows(x, m, k, linear.tiled());
  ByteWork work;
  std::vector<float> all(m * n), part(40 * n);
  linear.run(rows, 0, m, all.data(), n, work);
  linear.run(rows, 32, 40, part.data(), n, work);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), all.begin() + 32 * n));
}

TEST(ByteLinear, OfWeightsThatAreZeroIsTheBias) {
  const ByteLinear linear(std::vector<float>(32 * 64), 32, 64, std::vector<float>(32, 3));
  const Outcome out = run_all(linear, std::vector<float>(64), 1, 32, 64);
  EXPECT_EQ(out.y, std::vector<float>(32, 3));
}

TEST(ByteLinear, UnknownBackendsAreRefused) {
  EXPECT_FALSE(set_byte_backend("abacus"));
  EXPECT_EQ(byte_backend_names().back(), "portable");
}

}  // namespace
}  // namespace penchant

#include "math/matmul.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "base/random.h"
#include "math/kernels.h"
#include "math/products.h"

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

// ---- packed ----

const Shape packed_shapes[] = {{1, 1, 1},     {5, 10, 70},     {1, 32, 32},   {2, 96, 64},
                               {16, 64, 384}, {17, 128, 64},   {33, 160, 48}, {64, 32, 1536},
                               {70, 48, 100}, {100, 1536, 384}};

float gelu_at(const PackedRows& rows, size_t row, size_t i, Number number) {
  if (number == Number::bytes)
    return static_cast<float>(rows.at(row)[i] - gelu_zero) * rows.steps()[row];
  uint32_t bits = 0;
  std::memcpy(reinterpret_cast<char*>(&bits) + 2, rows.at(row) + i * 2, 2);
  return std::bit_cast<float>(bits);
}

PackedRows to_rows(const std::vector<float>& x, size_t m, size_t k, Number number) {
  PackedRows rows;
  rows.reshape(m, k, number);
  for (size_t r = 0; r < m; ++r) rows.set(r, x.data() + r * k);
  return rows;
}

struct Outcome {
  std::vector<float> y, added, gelu;
};

Outcome run_all(const PackedLinear& linear, Number number, const std::vector<float>& x, size_t m,
                size_t n, size_t k) {
  PackedWork work;
  const PackedRows rows = to_rows(x, m, k, number);
  Outcome out{std::vector<float>(m * n), std::vector<float>(m * n, 2), {}};
  linear.run(rows, 0, m, out.y.data(), n, work);
  linear.run_add(rows, 0, m, out.added.data(), n, work);
  PackedRows packed;
  packed.reshape(m, n, number);
  linear.run_gelu(rows, 0, m, packed, work);
  for (size_t r = 0; r < m; ++r)
    for (size_t i = 0; i < n; ++i) out.gelu.push_back(gelu_at(packed, r, i, number));
  return out;
}

double gelu(double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// A table of products and a kind of number it multiplies.
struct Kind {
  std::string products;
  Number number;
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.products; }

std::vector<Kind> kinds() {
  std::vector<Kind> kinds;
  for (const auto name : product_names()) {
    set_products(name);
    kinds.push_back({std::string(name), Number::bytes});
    if (products().halves != nullptr) kinds.push_back({std::string(name), Number::halves});
  }
  set_products(product_names().front());
  return kinds;
}

class PackedLinearKinds : public testing::TestWithParam<Kind> {
 protected:
  PackedLinearKinds() { EXPECT_TRUE(set_products(GetParam().products)); }
  ~PackedLinearKinds() override { set_products(product_names().front()); }
  const Number number = GetParam().number;
  Random random{9};
};

INSTANTIATE_TEST_SUITE_P(Each, PackedLinearKinds, testing::ValuesIn(kinds()), [](const auto& kind) {
  return kind.param.products + (kind.param.number == Number::bytes ? "_bytes" : "_halves");
});

TEST_P(PackedLinearKinds, IsTheProductWithinTheRounding) {
  // Of half a step, relative to the largest: x, w are in -1 .. 1.
  const double x_error = number == Number::bytes ? 0.5 / 127 : 1.0 / 512;
  const double w_error = number == Number::bytes ? 0.5 / products().weight_max : 1.0 / 512;
  for (const auto [m, n, k] : packed_shapes) {
    const auto x = random_values(random, m * k), w = random_values(random, n * k),
               bias = random_values(random, n);
    const Outcome out = run_all(PackedLinear(w, n, k, bias, number), number, x, m, n, k);
    // Errors of K rounded products add up like a random walk; five deviations.
    const double bound = 5 * std::sqrt(static_cast<double>(k) / 9) * (w_error + x_error);
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
        ASSERT_NEAR(out.gelu[r * n + c], gelu(out.y[r * n + c]), top * 0.004 + 8e-3);
    }
  }
}

TEST_P(PackedLinearKinds, GivesTheSumsOfThePortableOne) {
  if (number == Number::halves) GTEST_SKIP() << "bfloat16 is not portable";
  if (products().weight_max != 127) GTEST_SKIP() << "other weights: 7 bits";
  for (const auto [m, n, k] : packed_shapes) {
    const auto x = random_values(random, m * k), w = random_values(random, n * k),
               bias = random_values(random, n);
    const Outcome out = run_all(PackedLinear(w, n, k, bias, number), number, x, m, n, k);
    set_products("portable");
    const Outcome portable = run_all(PackedLinear(w, n, k, bias, number), number, x, m, n, k);
    set_products(GetParam().products);
    for (size_t i = 0; i < m * n; ++i) ASSERT_NEAR(out.y[i], portable.y[i], 2e-5);
  }
}

TEST_P(PackedLinearKinds, KeepsSumsExactForTheLargestBytes) {
  const size_t m = 35, n = 32, k = 1536;
  const std::vector<float> x(m * k, 127), w(n * k, -1);
  const Outcome out = run_all(PackedLinear(w, n, k, {}, number), number, x, m, n, k);
  for (const float y : out.y) EXPECT_FLOAT_EQ(y, -127.0f * 1536);
}

TEST_P(PackedLinearKinds, GivesARowTheSameBitsWhateverItsNeighbours) {
  const size_t m = 90, n = 64, k = 128;
  const auto x = random_values(random, m * k), w = random_values(random, n * k);
  const PackedLinear linear(w, n, k, {}, number);
  const Outcome all = run_all(linear, number, x, m, n, k);
  for (const size_t first : {0, 1, 17, 40, 89})
    for (const size_t rows : {1, 2, 16, 31, 50}) {
      if (first + rows > m) continue;
      const std::vector<float> part(x.begin() + static_cast<ptrdiff_t>(first * k),
                                    x.begin() + static_cast<ptrdiff_t>((first + rows) * k));
      const Outcome some = run_all(linear, number, part, rows, n, k);
      for (size_t i = 0; i < rows * n; ++i) {
        ASSERT_EQ(some.y[i], all.y[first * n + i]);
        ASSERT_EQ(some.gelu[i], all.gelu[first * n + i]);
      }
    }
}

TEST_P(PackedLinearKinds, RunsPartsOfItsRows) {
  const size_t m = 96, n = 32, k = 64;
  const auto x = random_values(random, m * k), w = random_values(random, n * k);
  const PackedLinear linear(w, n, k, {}, number);
  const PackedRows rows = to_rows(x, m, k, number);
  PackedWork work;
  std::vector<float> all(m * n), part(40 * n);
  linear.run(rows, 0, m, all.data(), n, work);
  linear.run(rows, 31, 40, part.data(), n, work);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), all.begin() + 31 * n));
}

TEST_P(PackedLinearKinds, OfWeightsThatAreZeroIsTheBias) {
  const PackedLinear linear(std::vector<float>(32 * 64), 32, 64, std::vector<float>(32, 3), number);
  const Outcome out = run_all(linear, number, std::vector<float>(64), 1, 32, 64);
  EXPECT_EQ(out.y, std::vector<float>(32, 3));
}

// ---- attention ----

TEST_P(PackedLinearKinds, AttendsAsTheFormulaSays) {
  if (products().attend == nullptr) GTEST_SKIP() << "no attention in bfloat16";
  constexpr size_t reach = 100;
  const auto bias = random_values(random, 2 * (2 * reach + 1));
  for (const size_t length : {1, 15, 16, 33, 100})
    for (const size_t D : {32, 64}) {
      const float* distances = D == 64 ? bias.data() : nullptr;
      const size_t heads = 2, H = heads * D, padded = (length + 31) / 32 * 32;
      const auto floats = random_values(random, length * 3 * H);
      std::vector<uint16_t> qkv((length + 31) * 3 * H, 0x7fc0);  // NaN behind the end
      kernels().to_halves(floats.data(), floats.size(), qkv.data());
      std::vector<float> context(length * H + 1, 7);
      AlignedBuffer<uint16_t> keys, values, weights;
      AlignedBuffer<float> scores, sums;
      for (size_t head = 0; head < heads; ++head)
        products().attend({qkv.data(), length, heads, D, head, head + 1, context.data(), distances,
                           reach, keys.room(padded * D), values.room(padded * D),
                           scores.room(32 * padded), weights.room(32 * padded), sums.room(32 * D)});
      EXPECT_EQ(context.back(), 7);
      for (size_t t = 0; t < length; ++t)
        for (size_t head = 0; head < heads; ++head) {
          std::vector<double> expected(D);
          double total = 0;
          for (size_t key = 0; key < length; ++key) {
            double score = 0;
            for (size_t d = 0; d < D; ++d)
              score +=
                  double{floats[t * 3 * H + head * D + d]} * floats[key * 3 * H + H + head * D + d];
            if (distances != nullptr) score += distances[head * (2 * reach + 1) + reach + key - t];
            const double weight = std::exp2(score);
            total += weight;
            for (size_t d = 0; d < D; ++d)
              expected[d] += weight * floats[key * 3 * H + 2 * H + head * D + d];
          }
          for (size_t d = 0; d < D; ++d)
            ASSERT_NEAR(context[t * H + head * D + d], expected[d] / total, 0.02)
                << length << " " << D;
        }
    }
}

TEST_P(PackedLinearKinds, MultipliesWhatGeluGave) {
  const size_t m = 5, n = 64, k = 96;
  const auto x = random_values(random, m * k), w = random_values(random, n * k),
             v = random_values(random, k * n);
  const Outcome first = run_all(PackedLinear(w, n, k, {}, number), number, x, m, n, k);
  PackedWork work;
  PackedRows inner;
  inner.reshape(m, n, number);
  PackedLinear(w, n, k, {}, number).run_gelu(to_rows(x, m, k, number), 0, m, inner, work);
  std::vector<float> y(m * k);
  PackedLinear(v, k, n, {}, number, gelu_zero).run(inner, 0, m, y.data(), k, work);
  for (size_t r = 0; r < m; ++r)
    for (size_t c = 0; c < k; ++c) {
      double expected = 0;
      for (size_t i = 0; i < n; ++i) expected += double{first.gelu[r * n + i]} * v[c * n + i];
      ASSERT_NEAR(y[r * k + c], expected, 0.25);
    }
}

TEST(Products, UnknownNamesAreRefused) {
  EXPECT_FALSE(set_products("abacus"));
  EXPECT_EQ(product_names().back(), "portable");
}

}  // namespace
}  // namespace penchant

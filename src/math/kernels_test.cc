// Every table the processor can run, against arithmetic in double.
#include "math/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>

#include "base/random.h"

namespace penchant {
namespace {

const size_t lengths[] = {0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 127, 300, 384, 1536};

std::vector<float> random_row(Random& random, size_t n, float size = 1) {
  std::vector<float> x(n);
  for (float& value : x) value = static_cast<float>(random.uniform() * 2 - 1) * size;
  return x;
}

class KernelTables : public testing::TestWithParam<std::string> {
 protected:
  KernelTables() { EXPECT_TRUE(set_kernels(GetParam())); }
  ~KernelTables() override { set_kernels(kernel_names().front()); }
  const Kernels& table = kernels();
  Random random{42};
};

INSTANTIATE_TEST_SUITE_P(Each, KernelTables, testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const auto name : kernel_names()) names.emplace_back(name);
                           return names;
                         }()),
                         [](const auto& table) { return table.param; });

TEST_P(KernelTables, DotIsTheSumOfProducts) {
  for (const size_t n : lengths) {
    const auto a = random_row(random, n), b = random_row(random, n);
    double expected = 0;
    for (size_t i = 0; i < n; ++i) expected += double{a[i]} * b[i];
    EXPECT_NEAR(table.dot(a.data(), b.data(), n), expected, 1e-6 * (1 + static_cast<double>(n)));
  }
}

TEST_P(KernelTables, DotOfManyRowsHasTheBitsOfDot) {
  for (const size_t n : lengths) {
    const size_t stride = n + 3;
    const auto query = random_row(random, n), rows = random_row(random, 5 * stride);
    for (const size_t count : {0, 1, 2, 5}) {
      std::vector<float> out(count);
      table.dot_rows(query.data(), rows.data(), count, stride, n, out.data());
      for (size_t i = 0; i < count; ++i)
        EXPECT_EQ(out[i], table.dot(query.data(), rows.data() + i * stride, n));
    }
  }
}

TEST_P(KernelTables, AddsBytesAndHalfBytes) {
  for (const size_t n : lengths) {
    std::vector<int8_t> bytes(n);
    std::vector<uint8_t> halves(n / 2 + 1);
    for (int8_t& byte : bytes) byte = static_cast<int8_t>(random.next());
    for (uint8_t& byte : halves) byte = static_cast<uint8_t>(random.next());
    std::vector<float> y(n + 1, 3), z(n + 1, 3);
    table.axpy_bytes(0.5f, bytes.data(), y.data(), n);
    table.axpy_nibbles(0.5f, halves.data(), z.data(), n / 2 * 2);
    for (size_t i = 0; i < n; ++i) {
      EXPECT_NEAR(y[i], 3 + 0.5 * bytes[i], 1e-5);
      if (i >= n / 2 * 2) continue;
      const int half = i < n / 2 ? halves[i] & 15 : halves[i - n / 2] >> 4;
      EXPECT_NEAR(z[i], 3 + 0.5 * (half - 8), 1e-5);
    }
    EXPECT_EQ(y[n], 3);
    EXPECT_EQ(z[n], 3);
  }
}

TEST_P(KernelTables, AxpyAndScaleTouchNothingBehindTheEnd) {
  for (const size_t n : lengths) {
    const auto x = random_row(random, n);
    auto y = random_row(random, n + 1);
    const auto before = y;
    table.axpy(0.5f, x.data(), y.data(), n);
    for (size_t i = 0; i < n; ++i) EXPECT_NEAR(y[i], before[i] + 0.5f * x[i], 1e-6);
    table.scale(2, y.data(), n);
    for (size_t i = 0; i < n; ++i) EXPECT_NEAR(y[i], 2 * (before[i] + 0.5f * x[i]), 2e-6);
    EXPECT_EQ(y[n], before[n]);
  }
}

TEST_P(KernelTables, DotOfBytesIsExact) {
  for (const size_t n : lengths) {
    std::vector<int8_t> a(4 * n), b(n);
    for (int8_t& value : a) value = static_cast<int8_t>(random.next());
    for (int8_t& value : b) value = static_cast<int8_t>(random.next());
    if (n > 0) a[0] = b[0] = -128;
    std::vector<int32_t> expected(4), out(4);
    for (size_t row = 0; row < 4; ++row)
      for (size_t i = 0; i < n; ++i) expected[row] += a[row * n + i] * b[i];
    EXPECT_EQ(table.dot_int8(a.data(), b.data(), n), expected[0]);
    table.dot_int8_rows(b.data(), a.data(), 4, n, n, out.data());
    EXPECT_EQ(out, expected);
  }
  const std::vector<int8_t> lowest(1 << 16, -128);
  EXPECT_EQ(table.dot_int8(lowest.data(), lowest.data(), lowest.size()), 1 << 30);
}

TEST_P(KernelTables, QuantiseRoundsToTheNearestStep) {
  for (const size_t n : lengths) {
    const auto x = random_row(random, n, 20);
    std::vector<int8_t> q(n + 1, 99);
    const float step = table.quantise(x.data(), n, q.data());
    float largest = 0;
    for (const float value : x) largest = std::max(largest, std::fabs(value));
    EXPECT_FLOAT_EQ(step, largest / 127);
    for (size_t i = 0; i < n; ++i) EXPECT_NEAR(q[i] * step, x[i], step * 0.5001);
    EXPECT_EQ(q[n], 99);
  }
  const std::vector<float> zeros(20);
  std::vector<int8_t> q(20, 1);
  EXPECT_EQ(table.quantise(zeros.data(), 20, q.data()), 0);
  EXPECT_EQ(q, std::vector<int8_t>(20));
}

TEST_P(KernelTables, QuantiseUnsignedMultipliesByTheFactorsFirst) {
  for (const size_t n : lengths) {
    const auto x = random_row(random, n, 20), factors = random_row(random, n, 3);
    std::vector<float> product(n);
    for (size_t i = 0; i < n; ++i) product[i] = x[i] * factors[i];
    std::vector<uint8_t> q(n + 1, 99), expected(n + 1, 99);
    const float step = table.quantise_unsigned(x.data(), factors.data(), n, q.data());
    EXPECT_EQ(step, table.quantise_unsigned(product.data(), nullptr, n, expected.data()));
    EXPECT_EQ(q, expected);
    for (size_t i = 0; i < n; ++i) EXPECT_NEAR((q[i] - 128) * step, product[i], step * 0.5001);
  }
}

TEST_P(KernelTables, ExpFollowsTheLibrary) {
  for (const size_t n : lengths) {
    auto x = random_row(random, n, 87);
    const auto before = x;
    table.exp(x.data(), n);
    for (size_t i = 0; i < n; ++i)
      EXPECT_NEAR(x[i] / std::exp(double{before[i]}), 1, 3e-7) << before[i];
  }
  float extremes[] = {-1e30f, -88, 0, 1e30f};
  table.exp(extremes, 4);
  EXPECT_EQ(extremes[0], 0);
  EXPECT_EQ(extremes[1], 0);
  EXPECT_EQ(extremes[2], 1);
  EXPECT_NEAR(extremes[3] / std::exp(88.0), 1, 1e-6);
}

TEST_P(KernelTables, GeluIsTheExactOne) {
  std::vector<float> x;
  for (double value = -12; value <= 12; value += 0.0037) x.push_back(static_cast<float>(value));
  x.insert(x.end(), {0.0f, -0.0f, 100.0f, -100.0f, 1e-20f});
  const auto before = x;
  table.gelu(x.data(), x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const double v = before[i];
    EXPECT_NEAR(x[i], v * 0.5 * std::erfc(-v / std::sqrt(2.0)), 5e-7 * std::max(1.0, v)) << v;
  }
}

TEST_P(KernelTables, OtherActivationsFollowTheirFormulas) {
  std::vector<float> x;
  for (double value = -20; value <= 20; value += 0.0037) x.push_back(static_cast<float>(value));
  x.insert(x.end(), {0.0f, 1e6f, -1e6f, 1e-20f});
  auto tanh = x, silu = x, relu = x;
  table.gelu_tanh(tanh.data(), x.size());
  table.silu(silu.data(), x.size());
  table.relu(relu.data(), x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const double v = x[i], inner = std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v);
    EXPECT_NEAR(tanh[i], v * 0.5 * (1 + std::tanh(inner)), 1e-6 * std::max(1.0, v)) << v;
    EXPECT_NEAR(silu[i], v / (1 + std::exp(-v)), 1e-6 * std::max(1.0, v)) << v;
    EXPECT_EQ(relu[i], std::max(x[i], 0.0f));
  }
}

TEST_P(KernelTables, RmsNormScalesToLengthOne) {
  for (const size_t n : lengths) {
    if (n == 0) continue;
    const auto x = random_row(random, n, 3), gamma = random_row(random, n),
               beta = random_row(random, n);
    std::vector<float> out(n + 1, 77);
    table.rms_norm(x.data(), gamma.data(), beta.data(), 1e-5f, n, out.data());
    double squares = 0;
    for (const float value : x) squares += double{value} * value / static_cast<double>(n);
    for (size_t i = 0; i < n; ++i)
      EXPECT_NEAR(out[i], x[i] / std::sqrt(squares + 1e-5) * gamma[i] + beta[i], 1e-5);
    EXPECT_EQ(out[n], 77);
  }
}

TEST_P(KernelTables, SoftmaxSumsToOne) {
  for (const size_t n : lengths) {
    if (n == 0) continue;
    for (const float size : {1.0f, 50.0f, 1e6f}) {
      auto x = random_row(random, n, size);
      const auto before = x;
      table.softmax(x.data(), n, 0.125f);
      double top = -1e300, total = 0;
      for (const float value : before) top = std::max(top, value * 0.125);
      for (const float value : before) total += std::exp(value * 0.125 - top);
      for (size_t i = 0; i < n; ++i)
        EXPECT_NEAR(x[i], std::exp(before[i] * 0.125 - top) / total, 1e-6 + size * 1e-7);
    }
  }
}

TEST_P(KernelTables, LayerNormCentresAndScales) {
  for (const size_t n : lengths) {
    if (n == 0) continue;
    const auto x = random_row(random, n, 3), gamma = random_row(random, n),
               beta = random_row(random, n);
    std::vector<float> out(n + 1, 77);
    table.layer_norm(x.data(), gamma.data(), beta.data(), 1e-5f, n, out.data());
    double mean = 0, variance = 0;
    for (const float value : x) mean += value / static_cast<double>(n);
    for (const float value : x)
      variance += (value - mean) * (value - mean) / static_cast<double>(n);
    for (size_t i = 0; i < n; ++i)
      EXPECT_NEAR(out[i], (x[i] - mean) / std::sqrt(variance + 1e-5) * gamma[i] + beta[i], 1e-5);
    EXPECT_EQ(out[n], 77);
  }
}

TEST(Kernels, UnknownNamesAreRefused) {
  const std::string before = kernels().name;
  EXPECT_FALSE(set_kernels("mmx"));
  EXPECT_EQ(kernels().name, before);
  EXPECT_EQ(kernel_names().back(), "portable");
}

TEST(Kernels, NormaliseGivesLengthOneAndKeepsZero) {
  std::vector<float> x = {3, 0, 4};
  EXPECT_FLOAT_EQ(normalise(x), 5);
  EXPECT_FLOAT_EQ(x[0], 0.6f);
  EXPECT_FLOAT_EQ(x[2], 0.8f);
  std::vector<float> zero(5);
  EXPECT_EQ(normalise(zero), 0);
  EXPECT_EQ(zero, std::vector<float>(5));
}

}  // namespace
}  // namespace penchant

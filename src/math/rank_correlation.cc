#include "math/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/check.h"

namespace penchant {

namespace {

std::vector<double> ranks(std::span<const double> x) {
  std::vector<size_t> order(x.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return x[a] < x[b]; });
  std::vector<double> out(x.size());
  for (size_t begin = 0, end; begin < order.size(); begin = end) {
    for (end = begin; end < order.size() && x[order[end]] == x[order[begin]];) ++end;
    for (size_t i = begin; i < end; ++i) out[order[i]] = static_cast<double>(begin + end - 1) / 2;
  }
  return out;
}

}  // namespace

double spearman(std::span<const double> x, std::span<const double> y) {
  CHECK(x.size() == y.size(), "as many values on both sides");
  if (x.size() < 2) return 0;
  const std::vector<double> a = ranks(x), b = ranks(y);
  const double mean = static_cast<double>(x.size() - 1) / 2;
  double both = 0, one = 0, other = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    both += (a[i] - mean) * (b[i] - mean);
    one += (a[i] - mean) * (a[i] - mean);
    other += (b[i] - mean) * (b[i] - mean);
  }
  return one > 0 && other > 0 ? both / std::sqrt(one * other) : 0;
}

}  // namespace penchant

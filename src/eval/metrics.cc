#include "eval/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/check.h"
#include "base/random.h"

namespace penchant {
namespace {

double recall(uint32_t rank, size_t k) { return rank <= k ? 1 : 0; }
double ndcg(uint32_t rank, size_t k) { return rank <= k ? 1 / std::log2(rank + 1.0) : 0; }
double mrr(uint32_t rank, size_t k) { return rank <= k ? 1.0 / rank : 0; }

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

// Mean and percentile interval of every row of values [metrics][users]; all metrics see the same
// samples of users.
void bootstrap(std::span<const std::vector<double>> values, std::span<Metric> metrics,
               const BootstrapOptions& options) {
  for (size_t m = 0; m < metrics.size(); ++m) {
    metrics[m].mean = metrics[m].low = metrics[m].high = mean_of(values[m]);
  }
  const size_t users = values.empty() ? 0 : values[0].size();
  if (users == 0 || options.samples == 0) return;
  Random random(options.seed);
  std::vector<std::vector<double>> means(metrics.size());
  std::vector<uint32_t> drawn(users);
  for (size_t s = 0; s < options.samples; ++s) {
    for (uint32_t& u : drawn) u = static_cast<uint32_t>(random.below(users));
    for (size_t m = 0; m < metrics.size(); ++m) {
      double sum = 0;
      for (const uint32_t u : drawn) sum += values[m][u];
      means[m].push_back(sum / static_cast<double>(users));
    }
  }
  for (size_t m = 0; m < metrics.size(); ++m) {
    std::sort(means[m].begin(), means[m].end());
    const auto percentile = [&](double p) {
      return means[m][static_cast<size_t>(p * static_cast<double>(options.samples - 1))];
    };
    metrics[m].low = percentile(0.025);
    metrics[m].high = percentile(0.975);
  }
}

}  // namespace

std::vector<Metric> rank_metrics(std::span<const uint32_t> ranks, std::span<const size_t> cutoffs,
                                 const BootstrapOptions& options) {
  std::vector<Metric> metrics;
  std::vector<std::vector<double>> values;
  struct Named {
    std::string_view name;
    double (*value)(uint32_t rank, size_t k);
  };
  static constexpr Named all[] = {{"recall", recall}, {"ndcg", ndcg}, {"mrr", mrr}};
  for (const size_t k : cutoffs) {
    for (const Named& one : all) {
      metrics.push_back({fmt::format("{}@{}", one.name, k)});
      std::vector<double>& column = values.emplace_back();
      for (const uint32_t rank : ranks) column.push_back(one.value(rank, k));
    }
  }
  bootstrap(values, metrics, options);
  return metrics;
}

Metric paired_difference(std::span<const uint32_t> a, std::span<const uint32_t> b, size_t cutoff,
                         const BootstrapOptions& options) {
  CHECK(a.size() == b.size(), "the same users");
  Metric metric{fmt::format("ndcg@{}", cutoff)};
  std::vector<std::vector<double>> values(1);
  for (size_t u = 0; u < a.size(); ++u) {
    values[0].push_back(ndcg(b[u], cutoff) - ndcg(a[u], cutoff));
  }
  bootstrap(values, {&metric, 1}, options);
  return metric;
}

}  // namespace penchant

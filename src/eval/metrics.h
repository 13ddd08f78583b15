// How good a ranking is when one item is the right answer, with bootstrap intervals over users.
// Thread-safety: functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace penchant {

struct Metric {
  std::string name;  // "recall@10"
  double mean = 0;
  double low = 0, high = 0;  // 95 % interval (percentiles); equal to the mean for coverage
};

struct BootstrapOptions {
  size_t samples = 1'000;
  uint64_t seed = 1;
};

// recall, ndcg and mrr at every cutoff. ranks[u] is the place of user u's item, from 1:
// recall@k = [rank <= k], ndcg@k = [rank <= k] / log2(rank + 1), mrr@k = [rank <= k] / rank.
std::vector<Metric> rank_metrics(std::span<const uint32_t> ranks, std::span<const size_t> cutoffs,
                                 const BootstrapOptions& options);

// The difference of two systems on the same users (paired bootstrap): b minus a.
Metric paired_difference(std::span<const uint32_t> a, std::span<const uint32_t> b, size_t cutoff,
                         const BootstrapOptions& options);

}  // namespace penchant

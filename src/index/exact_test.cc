#include "index/exact.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "base/threads.h"

namespace penchant {
namespace {

constexpr size_t dimensions = 12;

std::vector<float> random_vector(Random& random) {
  std::vector<float> v(dimensions);
  double square = 0;
  for (float& x : v) x = static_cast<float>(random.uniform() - 0.5), square += x * x;
  for (float& x : v) x /= static_cast<float>(std::sqrt(square));
  return v;
}

// Rows 0..count-1 filled, every seventh left empty.
ExactIndex random_index(size_t count, Random& random, std::vector<std::vector<float>>& vectors) {
  std::vector<uint32_t> rows;
  std::vector<std::span<const float>> spans;
  vectors.assign(count, std::vector<float>(dimensions));
  for (uint32_t i = 0; i < count; ++i) {
    if (i % 7 != 3) vectors[i] = random_vector(random);
    rows.push_back(i);
    spans.emplace_back(vectors[i]);
  }
  return ExactIndex(dimensions).with(rows, spans);
}

std::vector<Hit> brute_force(const std::vector<std::vector<float>>& vectors,
                             std::span<const float> query, size_t k,
                             std::span<const uint8_t> allowed) {
  std::vector<Hit> hits;
  for (uint32_t i = 0; i < vectors.size(); ++i) {
    if (i % 7 == 3 || (!allowed.empty() && allowed[i] == 0)) continue;
    double score = 0;
    for (size_t d = 0; d < dimensions; ++d) score += double{query[d]} * vectors[i][d];
    hits.push_back({i, static_cast<float>(score)});
  }
  std::sort(hits.begin(), hits.end(), TopK::better);
  hits.resize(std::min(k, hits.size()));
  return hits;
}

TEST(ExactIndex, FindsWhatBruteForceFindsWhateverTheThreads) {
  Random random(1);
  std::vector<std::vector<float>> vectors;
  const ExactIndex index = random_index(2'500, random, vectors);
  EXPECT_EQ(index.vectors(), 2'500u - 357u);
  std::vector<float> queries;
  for (int q = 0; q < 3; ++q) {
    const auto v = random_vector(random);
    queries.insert(queries.end(), v.begin(), v.end());
  }
  std::vector<uint8_t> some(2'500);
  for (auto& a : some) a = random.below(3) == 0;
  ThreadPool pool(3);
  for (const size_t k : {size_t{0}, size_t{1}, size_t{10}, size_t{5'000}})
    for (const auto& allowed : {std::vector<uint8_t>(), some})
      for (ThreadPool* threads : {static_cast<ThreadPool*>(nullptr), &pool}) {
        const auto hits = index.search(queries, k, allowed, threads);
        ASSERT_EQ(hits.size(), 3u);
        for (size_t q = 0; q < 3; ++q) {
          const auto wanted = brute_force(
              vectors, std::span(queries).subspan(q * dimensions, dimensions), k, allowed);
          ASSERT_EQ(hits[q].size(), wanted.size());
          for (size_t i = 0; i < wanted.size(); ++i)
            ASSERT_NEAR(hits[q][i].score, wanted[i].score, 1e-5);
        }
      }
}

TEST(ExactIndex, ANewVersionLeavesTheOldOneAsItWas) {
  Random random(2);
  std::vector<std::vector<float>> vectors;
  const ExactIndex old_version = random_index(1'100, random, vectors);
  const std::vector<float> changed = random_vector(random);
  const std::vector<uint32_t> rows = {5, 4'000};
  const std::vector<std::span<const float>> spans = {changed, changed};
  const ExactIndex new_version = old_version.with(rows, spans);
  EXPECT_EQ(old_version.rows(), 1'100u);
  EXPECT_EQ(new_version.rows(), 4'001u);
  EXPECT_TRUE(std::equal(changed.begin(), changed.end(), new_version.row(5).begin()));
  EXPECT_TRUE(std::equal(vectors[5].begin(), vectors[5].end(), old_version.row(5).begin()));
  EXPECT_TRUE(std::equal(vectors[6].begin(), vectors[6].end(), new_version.row(6).begin()));
  const auto hits = new_version.search(changed, 2, {}, nullptr)[0];
  EXPECT_EQ(hits[0].row, 5u);
  EXPECT_EQ(hits[1].row, 4'000u);
}

TEST(ExactIndex, TheMeanFollowsChanges) {
  const std::vector<float> a = {1, 0}, b = {0, 1}, zero = {0, 0};
  const std::vector<uint32_t> rows = {0, 1};
  const std::vector<std::span<const float>> both = {a, b}, one = {zero, b};
  ExactIndex index = ExactIndex(2).with(rows, both);
  EXPECT_FLOAT_EQ(index.mean()[0], 0.5f);
  index = index.with(rows, one);
  EXPECT_FLOAT_EQ(index.mean()[0], 0);
  EXPECT_FLOAT_EQ(index.mean()[1], 1);
}

TEST(ExactIndex, AnEmptyIndexAnswersNothing) {
  EXPECT_TRUE(ExactIndex().search({}, 10, {}, nullptr).empty());
  const std::vector<float> query = {1, 0};
  EXPECT_TRUE(ExactIndex(2).search(query, 10, {}, nullptr)[0].empty());
}

}  // namespace
}  // namespace penchant

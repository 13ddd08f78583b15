#include "encoder/static_fit.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "math/kernels.h"

namespace penchant {
namespace {

struct Problem {
  std::vector<std::vector<int32_t>> texts;
  Matrix targets;
  Matrix vectors;
};

struct LastCosine final : FitObserver {
  void epoch(int, double mean_cosine) override { cosine = mean_cosine; }
  double cosine = 0;
};

// Targets that are sums of hidden vectors: a fit can reach them.
Problem problem() {
  Problem out{{}, Matrix(2000, 8), Matrix(60, 8)};
  Random random(5);
  Matrix hidden(60, 8);
  for (float& value : hidden.values) value = static_cast<float>(random.uniform() - 0.5);
  for (float& value : out.vectors.values) value = static_cast<float>(random.uniform() - 0.5) / 5;
  for (size_t i = 0; i < out.targets.rows; ++i) {
    std::vector<int32_t>& text = out.texts.emplace_back();
    for (size_t n = random.below(6); n > 0; --n)
      text.push_back(static_cast<int32_t>(random.below(60)));
    for (const int32_t row : text)
      axpy(1, hidden.row(static_cast<size_t>(row)), out.targets.row(i));
  }
  return out;
}

TEST(StaticFit, FindsVectorsWhoseSumsPointAtTheTargets) {
  Problem given = problem();
  ThreadPool pool(1);
  LastCosine last;
  fit_sums(given.texts, given.targets, {.epochs = 20, .rate = 0.02f, .batch = 16}, pool,
           given.vectors, last);
  EXPECT_GT(last.cosine, 0.99);
}

TEST(StaticFit, GivesTheSameBitsWhateverTheThreads) {
  Problem one = problem(), two = problem();
  LastCosine ignored;
  ThreadPool alone(1), pool(3);
  fit_sums(one.texts, one.targets, {.epochs = 2}, alone, one.vectors, ignored);
  fit_sums(two.texts, two.targets, {.epochs = 2}, pool, two.vectors, ignored);
  EXPECT_EQ(one.vectors.values, two.vectors.values);
}

TEST(StaticFit, OfTextsWithoutTokensChangesNothing) {
  Problem given = problem();
  LastCosine ignored;
  const auto before = given.vectors.values;
  ThreadPool pool(1);
  fit_sums({{}, {}}, Matrix(2, 8), {}, pool, given.vectors, ignored);
  EXPECT_EQ(given.vectors.values, before);
}

}  // namespace
}  // namespace penchant

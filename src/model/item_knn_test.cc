#include "model/item_knn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.h"
#include "base/threads.h"

namespace penchant {
namespace {

// Straight from the formula in the header, without length damping.
std::vector<std::vector<double>> cosines(const std::vector<Interaction>& interactions,
                                         size_t items) {
  std::map<uint32_t, std::vector<Interaction>> users;
  for (const Interaction& i : interactions) users[i.user].push_back(i);
  std::vector<std::vector<double>> products(items, std::vector<double>(items));
  for (const auto& [user, list] : users)
    for (const Interaction& a : list)
      for (const Interaction& b : list)
        products[a.item][b.item] += static_cast<double>(a.strength) * b.strength;
  auto out = products;
  for (size_t i = 0; i < items; ++i)
    for (size_t j = 0; j < items; ++j) {
      const double norms = std::sqrt(products[i][i] * products[j][j]);
      out[i][j] = norms > 0 ? products[i][j] / norms : 0;
    }
  return out;
}

std::vector<Interaction> random_interactions(uint64_t seed, uint32_t users, uint32_t items) {
  Random random(seed);
  std::vector<Interaction> out;
  for (uint32_t u = 0; u < users; ++u)
    for (uint32_t i = 0; i < items; ++i)
      if (random.uniform() < 0.2)
        out.push_back({u, i, static_cast<float>(1 + 4 * random.uniform()), Seconds(i)});
  return out;
}

TEST(ItemKnn, IsTheCosineOfTheFormula) {
  const auto interactions = random_interactions(3, 40, 30);
  const auto expected = cosines(interactions, 30);
  const ItemKnn knn =
      ItemKnn::train(interactions, 30, {.neighbours = 100, .length_damping = 0}, nullptr);
  for (uint32_t i = 0; i < 30; ++i)
    for (uint32_t j = 0; j < 30; ++j) {
      EXPECT_NEAR(knn.similarity(i, j), i == j ? 0 : expected[i][j], 1e-6) << i << " " << j;
    }
}

TEST(ItemKnn, KeepsTheBestNeighboursTiesByLowerRow) {
  std::vector<Interaction> interactions;
  for (uint32_t item = 0; item < 5; ++item) interactions.push_back({0, item, 1, 0});
  const ItemKnn knn = ItemKnn::train(interactions, 6, {.neighbours = 3}, nullptr);
  std::vector<uint32_t> rows;
  for (const Neighbour& n : knn.neighbours(2)) rows.push_back(n.row);
  EXPECT_EQ(rows, (std::vector<uint32_t>{0, 1, 3}));
  EXPECT_TRUE(knn.neighbours(5).empty());   // nobody chose it
  EXPECT_TRUE(knn.neighbours(99).empty());  // it was not there
}

TEST(ItemKnn, AScoreFallsApartIntoWhatEachHistoryItemSays) {
  const ItemKnn knn = ItemKnn::train(random_interactions(5, 30, 20), 20, {}, nullptr);
  const std::vector<Preference> history = {{1, 0.5f}, {4, 0.25f}, {9, 0.25f}, {77, 1}};
  const auto scores = knn.scores(history);
  EXPECT_FALSE(scores.empty());
  for (size_t i = 1; i < scores.size(); ++i) EXPECT_LT(scores[i - 1].row, scores[i].row);
  for (const RowScore& s : scores) {
    double sum = 0;
    for (const Preference& h : history)
      sum += static_cast<double>(h.strength) * knn.similarity(h.row, s.row);
    EXPECT_NEAR(s.score, sum, 1e-9);
  }
}

TEST(ItemKnn, LongHistoriesSayLess) {
  // Items 0 and 1 share a user with two items, 2 and 3 one with ten.
  std::vector<Interaction> interactions = {{0, 0, 1, 0}, {0, 1, 1, 0}, {2, 0, 1, 0}, {3, 2, 1, 0}};
  for (uint32_t item = 2; item < 12; ++item) interactions.push_back({1, item, 1, 0});
  const ItemKnn damped = ItemKnn::train(interactions, 12, {.length_damping = 1}, nullptr);
  const ItemKnn plain = ItemKnn::train(interactions, 12, {.length_damping = 0}, nullptr);
  EXPECT_FLOAT_EQ(plain.similarity(0, 1), plain.similarity(2, 3));
  EXPECT_GT(damped.similarity(0, 1), damped.similarity(2, 3));
}

TEST(ItemKnn, OfALongHistoryTheLatestCount) {
  std::vector<Interaction> interactions;
  for (uint32_t i = 0; i < 10; ++i) interactions.push_back({0, i, 1, Seconds(i)});
  const ItemKnn knn = ItemKnn::train(interactions, 10, {.history_max = 3}, nullptr);
  EXPECT_TRUE(knn.neighbours(0).empty());
  EXPECT_EQ(knn.neighbours(9).size(), 2u);
}

TEST(ItemKnn, ThreadsChangeNothing) {
  const auto interactions = random_interactions(11, 200, 150);
  ThreadPool pool(4);
  const ItemKnn alone = ItemKnn::train(interactions, 150, {}, nullptr);
  const ItemKnn together = ItemKnn::train(interactions, 150, {}, &pool);
  for (uint32_t i = 0; i < 150; ++i) {
    const auto a = alone.neighbours(i), b = together.neighbours(i);
    ASSERT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end(),
                           [](const Neighbour& x, const Neighbour& y) {
                             return x.row == y.row && x.similarity == y.similarity;
                           }));
  }
}

}  // namespace
}  // namespace penchant

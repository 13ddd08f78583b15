#include "recommend/catalogue.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace penchant {
namespace {

CatalogueChange item(std::string id, std::vector<float> vector = {}, std::string title = {}) {
  CatalogueChange change;
  change.item.id = std::move(id);
  change.item.title = std::move(title);
  change.vector = std::move(vector);
  return change;
}

Catalogue with(const Catalogue& catalogue, const std::vector<CatalogueChange>& changes) {
  return catalogue.with(changes);
}

TEST(Catalogue, OldVersionsStayAsTheyWere) {
  const Catalogue first = with(Catalogue(), {item("a", {1, 0}), item("b", {0, 1})});
  const CatalogueChange changed = item("a", {0, 1}, "new");
  const Catalogue second = with(first, {changed, item("c")});
  EXPECT_EQ(first.rows(), 2u);
  EXPECT_EQ(first.item(0).title, "");
  EXPECT_EQ(first.vector(0)[0], 1);
  EXPECT_EQ(second.rows(), 3u);
  EXPECT_EQ(second.item(0).title, "new");
  EXPECT_EQ(second.vector(0)[0], 0);
  EXPECT_FALSE(first.find("c"));
  EXPECT_EQ(second.find("c"), 2u);
}

TEST(Catalogue, ARowBelongsToItsIdForEver) {
  Catalogue catalogue = with(Catalogue(), {item("a"), item("b")});
  CatalogueChange gone = item("a");
  gone.item.absent = true;
  catalogue = with(catalogue, {gone});
  EXPECT_EQ(catalogue.items(), 1u);
  EXPECT_EQ(catalogue.live()[0], 0);
  catalogue = with(catalogue, {item("c"), item("a")});
  EXPECT_EQ(catalogue.find("a"), 0u);
  EXPECT_EQ(catalogue.find("c"), 2u);
  EXPECT_EQ(catalogue.items(), 3u);
}

TEST(Catalogue, OfSeveralChangesOfAnIdTheLastCounts) {
  const CatalogueChange last = item("a", {0, 1}, "last");
  const Catalogue catalogue = with(Catalogue(), {item("a", {1, 0}), item("b"), last});
  EXPECT_EQ(catalogue.rows(), 2u);
  EXPECT_EQ(catalogue.item(0).title, "last");
  EXPECT_EQ(catalogue.vector(0)[1], 1);
}

TEST(Catalogue, KeepsThousandsOfIdsApart) {
  std::vector<CatalogueChange> changes;
  for (int i = 0; i < 5'000; ++i) changes.push_back(item(fmt::format("i{}", i)));
  const Catalogue catalogue = with(Catalogue(), changes);
  for (uint32_t i = 0; i < 5'000; ++i) ASSERT_EQ(catalogue.find(fmt::format("i{}", i)), i);
  EXPECT_FALSE(catalogue.find("i5000"));
}

TEST(Catalogue, CountsCategoriesAndKeywordsOfPresentItems) {
  CatalogueChange a = item("a"), b = item("b");
  a.item.categories = {"Tea", "Tea"};
  a.item.keywords = {{"Tea", 1.0f}};
  b.item.categories = {"Tea"};
  Catalogue catalogue = with(Catalogue(), {a, b});
  EXPECT_EQ(catalogue.category_items("Tea"), 2u);
  EXPECT_EQ(catalogue.keyword_items("Tea"), 1u);
  a.item.absent = true;
  catalogue = with(catalogue, {a});
  EXPECT_EQ(catalogue.category_items("Tea"), 1u);
  EXPECT_EQ(catalogue.keyword_items("Tea"), 0u);
  EXPECT_EQ(catalogue.category_items("Coffee"), 0u);
}

TEST(Catalogue, GivesTheNewestOfTheAllowedFirst) {
  std::vector<CatalogueChange> changes;
  for (int i = 0; i < 3'000; ++i) {
    changes.push_back(item(std::to_string(i)));
    if (i % 2 == 0) changes.back().item.time = 1000 + (i * 7919) % 3'000;
  }
  const Catalogue catalogue = with(Catalogue(), changes);
  std::vector<uint8_t> allowed(3'000, 1);
  std::vector<std::pair<Seconds, uint32_t>> expected;
  for (uint32_t i = 0; i < 3'000; i += 2) {
    if (i % 3 == 0) allowed[i] = 0;
    const Seconds time = catalogue.time(i);
    if (allowed[i] != 0 && time <= 3'500) expected.emplace_back(-time, i);
  }
  std::sort(expected.begin(), expected.end());
  const std::vector<uint32_t> newest = catalogue.newest(20, 3'500, allowed);
  ASSERT_EQ(newest.size(), 20u);
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(newest[i], expected[i].second) << i;
}

TEST(Catalogue, ListsWhatExpiresByTime) {
  CatalogueChange a = item("a"), b = item("b"), c = item("c");
  a.item.expires = 30, b.item.expires = 10, c.item.expires = 20;
  Catalogue catalogue = with(Catalogue(), {a, b, c});
  using Expiring = std::vector<std::pair<Seconds, uint32_t>>;
  const auto list = [&] {
    return Expiring(catalogue.expiring().begin(), catalogue.expiring().end());
  };
  EXPECT_EQ(list(), (Expiring{{10, 1}, {20, 2}, {30, 0}}));
  b.item.expires.reset();
  a.item.expires = 15;
  catalogue = with(catalogue, {a, b});
  EXPECT_EQ(list(), (Expiring{{15, 0}, {20, 2}}));
}

TEST(Catalogue, TheCentreMovesOnlyWhenTheVectorsHaveDoubled) {
  Catalogue catalogue = with(Catalogue(), {item("a", {1, 0}), item("b", {0, 1})});
  EXPECT_EQ(catalogue.centre_version(), 1u);
  catalogue = with(catalogue, {item("c", {1, 0})});
  EXPECT_EQ(catalogue.centre_version(), 1u);
  EXPECT_FLOAT_EQ(catalogue.centre()[0], 0.5f);
  catalogue = with(catalogue, {item("d", {1, 0})});
  EXPECT_EQ(catalogue.centre_version(), 2u);
  EXPECT_FLOAT_EQ(catalogue.centre()[0], 0.75f);
}

TEST(Catalogue, EverydayTextsCountLessTheMoreItemsThereAre) {
  auto texts = std::make_shared<Matrix>(2, 2);
  texts->row(0)[1] = texts->row(1)[1] = 1;
  Catalogue catalogue = with(Catalogue(0, texts), {item("a", {1, 0})});
  EXPECT_DOUBLE_EQ(catalogue.ordinary_weight(), 0.99);
  // One item and twice 0.99 texts.
  EXPECT_NEAR(catalogue.centre()[0], 1 / 2.98, 1e-6);
  EXPECT_NEAR(catalogue.centre()[1], 1.98 / 2.98, 1e-6);
  // Even one vector has a direction then: away from the ordinary.
  EXPECT_NEAR(catalogue.direction(0)[0], std::sqrt(0.5), 1e-6);
  std::vector<CatalogueChange> many;
  for (int i = 0; i < 99; ++i) many.push_back(item(std::to_string(i), {1, 0}));
  catalogue = with(catalogue, many);
  EXPECT_EQ(catalogue.ordinary_weight(), 0);
  EXPECT_FLOAT_EQ(catalogue.centre()[0], 1);
}

TEST(Catalogue, EverydayTextsOfAnotherEncoderAreLeftOut) {
  auto texts = std::make_shared<Matrix>(2, 3);
  const Catalogue catalogue = with(Catalogue(0, texts), {item("a", {1, 0}), item("b", {0, 1})});
  EXPECT_EQ(catalogue.ordinary_weight(), 0);
  EXPECT_FLOAT_EQ(catalogue.centre()[0], 0.5f);
}

TEST(Catalogue, LeavesOutVectorsOfAnotherLength) {
  const Catalogue catalogue = with(Catalogue(), {item("a", {1, 0}), item("b", {1, 0, 0})});
  EXPECT_EQ(catalogue.index().dimensions(), 2u);
  EXPECT_EQ(catalogue.vector(1)[0], 0);
  EXPECT_EQ(catalogue.direction(1), (std::vector<float>{0, 0}));
}

TEST(PackedWords, HoldWholeWordsOnly) {
  const std::string words = pack_words(std::vector<std::string>{"tea", "green", "tea"});
  EXPECT_EQ(words, "\ngreen\ntea\n");
  EXPECT_TRUE(has_word(words, "tea"));
  EXPECT_FALSE(has_word(words, "te"));
  EXPECT_FALSE(has_word(words, "ea"));
  EXPECT_FALSE(has_word("", "tea"));
}

TEST(LabelTexts, AreWhatOneCanSearchFor) {
  const json::object labels = {{"brand", "OPI"},
                               {"cast", json::array{"Ann", 3, "Bob"}},
                               {"price", 3},
                               {"url", "https://example.org/a"},
                               {"box", json::object{{"inside", "tea"}}}};
  EXPECT_EQ(label_texts(labels), (std::vector<std::string_view>{"OPI", "Ann", "Bob"}));
}

}  // namespace
}  // namespace penchant

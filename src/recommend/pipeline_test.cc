#include "recommend/pipeline.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <optional>
#include <set>

#include "base/random.h"
#include "math/kernels.h"
#include "recommend/test_world.h"

namespace penchant {
namespace {

std::vector<std::string> ids(const Answer& answer) {
  std::vector<std::string> out;
  for (const Recommended& r : answer.items) out.push_back(r.id);
  return out;
}

void expect_sound(const Answer& answer) {
  std::set<std::string> seen;
  double last = INFINITY;
  for (const Recommended& r : answer.items) {
    EXPECT_TRUE(seen.insert(r.id).second) << "twice: " << r.id;
    EXPECT_LE(r.score, last) << r.id;
    last = r.score;
    double sum = 0;
    for (const Reason& reason : r.reasons) {
      sum += reason.contribution;
      EXPECT_FALSE(reason.text.empty());
    }
    ASSERT_FALSE(r.reasons.empty()) << r.id;
    EXPECT_NEAR(sum, r.score, 1e-9) << r.id;
  }
  EXPECT_FALSE(answer.summary.empty());
}

TEST(Recommend, FindsTheWithheldItemOfACheckerboard) {
  for (const bool vectors : {false, true}) {
    const TestWorld test = checkerboard(20, vectors);
    for (uint32_t user = 0; user < 20; ++user) {
      const UserState state = test.state(user);
      const Answer answer = recommend(test.world(), &state, {.n = 3});
      ASSERT_FALSE(answer.items.empty());
      EXPECT_EQ(answer.items[0].row, user) << "vectors " << vectors;
      EXPECT_TRUE(answer.personal);
      expect_sound(answer);
    }
  }
}

TEST(Recommend, NeverShowsWhatTheGateRefuses) {
  TestWorld test = checkerboard(20, true);
  CatalogueItem hidden = test.catalogue.item(3), expired = test.catalogue.item(5),
                absent = test.catalogue.item(7);
  hidden.hidden = true;
  expired.expires = test_now;
  absent.absent = true;
  test.change({{hidden, test_vector(1, 1)}, {expired, test_vector(1, 2)}, {absent, {}}});
  const UserState state = test.state(0);  // has seen 2, 4, ...
  const Answer answer = recommend(test.world(), &state, {.n = 100, .exclude = {9}});
  std::set<uint32_t> rows;
  for (const Recommended& r : answer.items) rows.insert(r.row);
  EXPECT_EQ(rows, (std::set<uint32_t>{0, 1, 11, 13, 15, 17, 19}));
  expect_sound(answer);

  const Answer all = recommend(test.world(), &state, {.n = 100, .hide_seen = false});
  EXPECT_EQ(all.items.size(), 17u);
}

TEST(Recommend, FilterAndCategoriesHold) {
  const TestWorld test = checkerboard(20, true);
  const Filter filter = *Filter::parse("number < 10");
  const Answer answer =
      recommend(test.world(), nullptr, {.n = 100, .categories = {"group1"}, .filter = &filter});
  std::set<std::string> found;
  for (const std::string& id : ids(answer)) found.insert(id);
  EXPECT_EQ(found, (std::set<std::string>{"i1", "i3", "i5", "i7", "i9"}));
  EXPECT_TRUE(recommend(test.world(), nullptr, {.categories = {"none"}}).items.empty());
}

TEST(Recommend, PagesAreCutFromOneList) {
  const TestWorld test = checkerboard(50, true);
  const UserState state = test.state(1);
  for (const double diversity : {0.0, 0.3, 1.0}) {
    const std::vector<std::string> whole =
        ids(recommend(test.world(), &state, {.n = 1000, .diversity = diversity}));
    std::vector<std::string> pages;
    for (size_t offset = 0; offset < 60; offset += 7) {
      const Answer page =
          recommend(test.world(), &state, {.n = 7, .offset = offset, .diversity = diversity});
      for (const std::string& id : ids(page)) pages.push_back(id);
    }
    EXPECT_EQ(pages, whole);
    EXPECT_EQ(whole.size(), 26u);
  }
}

TEST(Recommend, AskingForMoreThanThereIsGivesAllThereIs) {
  TestWorld test;
  test.add_items(50, 5);
  const Answer answer = recommend(test.world(), nullptr, {.n = 10'000});
  EXPECT_EQ(answer.items.size(), 50u);
  EXPECT_FALSE(answer.personal);
  expect_sound(answer);
}

TEST(Recommend, SurvivesTheSmallestWorlds) {
  TestWorld empty;
  empty.train();
  const UserState nobody;
  EXPECT_TRUE(recommend(empty.world(), &nobody, {}).items.empty());
  EXPECT_TRUE(search(empty.world(), {.text = "x", .vector = {}, .words = {}}, {}).items.empty());

  TestWorld one;
  one.add_items(1, 1);
  one.event(0, 0, 1, test_now);
  one.train();
  EXPECT_EQ(recommend(one.world(), nullptr, {}).items.size(), 1u);
  const UserState state = one.state(0);
  EXPECT_TRUE(recommend(one.world(), &state, {}).items.empty());
  EXPECT_TRUE(similar(one.world(), 0, {}).items.empty());

  TestWorld hidden;
  hidden.add_items(3, 1);
  std::vector<CatalogueChange> changes;
  for (uint32_t row = 0; row < 3; ++row) {
    changes.push_back({hidden.catalogue.item(row), test_vector(0, row)});
    changes.back().item.hidden = true;
  }
  hidden.change(changes);
  const Answer none = recommend(hidden.world(), nullptr, {});
  EXPECT_TRUE(none.items.empty());
  EXPECT_FALSE(none.summary.empty());
}

TEST(Recommend, DoesNotDependOnWhoElseIsAsked) {
  const TestWorld test = checkerboard(30, true);
  std::vector<json::object> first;
  for (uint32_t user = 0; user < 30; ++user) {
    const UserState state = test.state(user);
    first.push_back(to_json(recommend(test.world(), &state, {}), true));
  }
  for (uint32_t user = 30; user-- > 0;) {
    const UserState state = test.state(user);
    EXPECT_EQ(first[user], to_json(recommend(test.world(), &state, {}), true));
  }
}

TEST(Recommend, UnknownUserGetsWhatIsPopularAndNew) {
  TestWorld test = checkerboard(10, true);
  CatalogueItem fresh = test.catalogue.item(9);
  fresh.time = test_now - 3600;
  test.change({{fresh, test_vector(1, 4)}});
  const Answer answer = recommend(test.world(), nullptr, {.n = 10});
  EXPECT_FALSE(answer.personal);
  EXPECT_EQ(answer.items[0].id, "i9");
  std::set<Kind> kinds;
  for (const Recommended& r : answer.items) kinds.insert(r.source);
  EXPECT_TRUE(kinds.contains(Kind::popular));
  expect_sound(answer);
}

TEST(Recommend, DislikesLowerTheirLikeButNotBelowHalf) {
  TestWorld test;
  test.add_items(60, 6);
  test.event(0, 0, 2, test_now - 10);
  test.event(0, 1, 2, test_now - 9);
  test.train();
  const UserState before = test.state(0);
  test.event(0, 7, -2, test_now - 8);  // of the group of item 1
  const UserState after = test.state(0);
  const Request request{.n = 60, .diversity = 0};
  std::map<std::string, double> old_score, new_score;
  for (const Recommended& r : recommend(test.world(), &before, request).items) {
    old_score[r.id] = r.score;
  }
  bool lowered = false;
  const Answer answer = recommend(test.world(), &after, request);
  expect_sound(answer);
  for (const Recommended& r : answer.items) {
    for (const Reason& reason : r.reasons) {
      if (reason.kind != Kind::dislike) continue;
      lowered = true;
      EXPECT_LT(reason.contribution, 0);
      EXPECT_GE(r.score, -reason.contribution - 1e-6);
      EXPECT_NE(reason.text.find("Item 7"), std::string::npos);
    }
  }
  EXPECT_TRUE(lowered);
}

TEST(Recommend, DeclaredWordsCount) {
  TestWorld test;
  test.add_items(60, 6);
  test.train();
  UserState state;
  state.declare({{"things of group 4", test_vector(4, 30), {{"Group4", "group4"}}}});
  const Answer answer = recommend(test.world(), &state, {.n = 5, .diversity = 0});
  ASSERT_EQ(answer.items.size(), 5u);
  for (const Recommended& r : answer.items) {
    EXPECT_EQ(r.row % 6, 4u);
    bool declared = false, words = false;
    for (const Reason& reason : r.reasons) {
      declared = declared || reason.kind == Kind::declared;
      if (reason.kind == Kind::words) {
        words = true;
        EXPECT_EQ(reason.words, std::vector<std::string>{"Group4"});
      }
    }
    EXPECT_TRUE(declared && words);
  }
  expect_sound(answer);
}

TEST(Recommend, SpeaksChinese) {
  const TestWorld test = checkerboard(20, true);
  const UserState state = test.state(0);
  const Answer answer = recommend(test.world(), &state, {.language = "zh-CN"});
  EXPECT_NE(answer.summary.find("\u6839\u636e"), std::string::npos) << answer.summary;
  expect_sound(answer);
}

TEST(Recommend, DiversitySpreadsTheListOverGroups) {
  TestWorld test;
  test.add_items(60, 6);
  for (uint32_t row = 0; row < 4; ++row) test.event(0, row, row == 0 ? 3 : 1, test_now - 10);
  test.train();
  const UserState state = test.state(0);
  const auto groups = [&](double diversity) {
    std::set<uint32_t> found;
    for (const Recommended& r :
         recommend(test.world(), &state, {.n = 8, .diversity = diversity}).items) {
      found.insert(r.row % 6);
    }
    return found.size();
  };
  EXPECT_LE(groups(0), groups(0.5));
  EXPECT_GE(groups(1), 4u);
}

TEST(Similar, GivesTheGroupAndNeverTheItemItself) {
  const TestWorld test = checkerboard(20, true);
  const Answer answer = similar(test.world(), 4, {.n = 50, .diversity = 0});
  ASSERT_GE(answer.items.size(), 9u);
  for (size_t i = 0; i < 9; ++i) EXPECT_EQ(answer.items[i].row % 2, 0u);
  for (const Recommended& r : answer.items) EXPECT_NE(r.row, 4u);
  expect_sound(answer);
}

TEST(Search, FindsByMeaningAndByWords) {
  TestWorld test;
  test.add_items(60, 6);
  test.train();
  const Request request{.n = 10, .diversity = 0};
  const Answer meaning =
      search(test.world(), {.text = "q", .vector = test_vector(3, 50), .words = {}}, request);
  ASSERT_EQ(meaning.items.size(), 10u);
  for (const Recommended& r : meaning.items) EXPECT_EQ(r.row % 6, 3u);
  const Answer words = search(
      test.world(), {.text = "Group2", .vector = {}, .words = {{"Group2", "group2"}}}, request);
  ASSERT_EQ(words.items.size(), 10u);
  for (const Recommended& r : words.items) {
    EXPECT_EQ(r.row % 6, 2u);
    EXPECT_EQ(r.reasons[0].words, std::vector<std::string>{"Group2"});
  }
  expect_sound(words);
  const Answer nothing =
      search(test.world(), {.text = "zzz", .vector = {}, .words = {{"zzz", "zzz"}}}, request);
  EXPECT_TRUE(nothing.items.empty());
}

// What everyday texts look like: spread over the axes that the items do not use.
std::shared_ptr<const Matrix> everyday_texts() {
  Matrix m(8, 16);
  for (size_t i = 0; i < m.rows; ++i) m.row(i)[8 + i] = 1;
  return std::make_shared<const Matrix>(std::move(m));
}

TEST(Similar, FindsTheLikeOfAnItemAmongTwoOrThree) {
  for (const size_t count : {3u, 4u}) {
    TestWorld test;
    test.catalogue = Catalogue(0, everyday_texts());
    test.add_items(count, 2);  // items 0 and 2 are alike
    test.train();
    const Answer answer = similar(test.world(), 0, {.diversity = 0});
    ASSERT_FALSE(answer.items.empty()) << count;
    EXPECT_EQ(answer.items[0].row, 2u);
    EXPECT_GT(answer.items[0].score, 0.1);
    if (answer.items.size() > 1) {
      EXPECT_LT(answer.items[1].score, answer.items[0].score / 2);
    }
  }
}

TEST(Recommend, OneEventInATinyCatalogueSpeaksForWhatIsLikeIt) {
  TestWorld test;
  test.catalogue = Catalogue(0, everyday_texts());
  test.add_items(4, 2);
  test.event(0, 0, 1, test_now - 10);
  test.train();
  const UserState state = test.state(0);
  const Answer answer = recommend(test.world(), &state, {});
  ASSERT_EQ(answer.items.size(), 3u);
  EXPECT_EQ(answer.items[0].row, 2u);
  EXPECT_EQ(answer.items[0].source, Kind::interest);
  expect_sound(answer);
}

TEST(Search, FindsTheOnlyItemThereIs) {
  TestWorld test;
  test.catalogue = Catalogue(0, everyday_texts());
  test.add_items(1, 1);
  test.train();
  EXPECT_EQ(search(test.world(), {.text = "it", .vector = test_vector(0, 5)}, {}).items.size(), 1u);
  const Answer none = search(test.world(), {.text = "else", .vector = test_vector(9, 5)}, {});
  EXPECT_TRUE(none.items.empty());
  EXPECT_EQ(none.summary, "Nothing fits \"else\".");
}

TEST(Search, TellsANameWholeThatWasSplit) {
  TestWorld test;
  CatalogueChange change;
  change.item.id = "film";
  change.item.title = "A film";
  change.item.labels = {{"directors", json::array{"xyz"}}};
  change.item.words = pack_words(std::vector<std::string>{"xy", "z", "film"});
  test.change({change});
  test.train();
  const std::vector<QueryWord> words = {{"xy", "xy"}, {"z", "z"}, {"film", "film"}};
  const auto found = [&](std::string_view text) {
    return search(test.world(), {.text = text, .words = words}, {}).items.at(0).reasons.at(0).words;
  };
  EXPECT_EQ(found("xyzfilm"), (std::vector<std::string>{"xyz", "film"}));
  EXPECT_EQ(found("xy z film"), (std::vector<std::string>{"xy", "z", "film"}));
}

TEST(Search, DoesNotCallCloseWhatIsFar) {
  TestWorld test;
  test.add_items(60, 6);
  test.train();
  std::vector<float> query = test_vector(0, 5);
  query[1] += 0.3f;
  const Answer answer = search(test.world(), {.text = "it", .vector = query}, {.n = 60});
  const auto text = [](const Recommended& r) { return r.reasons.at(0).text; };
  EXPECT_EQ(text(answer.items.front()), "Is close in meaning to \"it\".");
  EXPECT_EQ(text(answer.items.back()), "Has a little to do with \"it\".");
}

TEST(Recommend, AHistoryOfOneRareItemDoesNotDrownTheRest) {
  TestWorld test;
  test.add_items(40, 4);
  for (uint32_t user = 0; user < 60; ++user) {  // everybody has a bit of everything
    for (uint32_t i = 0; i < 12; ++i) test.event(user, (user * 7 + i * 3) % 38, 1, test_now - 100);
  }
  for (uint32_t user = 60; user < 63; ++user) {  // three chose the two rare ones
    test.event(user, 38, 1, test_now - 50);
    test.event(user, 39, 1, test_now - 50);
  }
  test.event(100, 38, 1, test_now - 10);
  test.train();
  const UserState state = test.state(100);
  const Answer answer = recommend(test.world(), &state, {.n = 3, .diversity = 0});
  EXPECT_EQ(answer.items.at(0).row, 39u);
  EXPECT_LT(answer.items.at(0).score, 2) << answer.items.at(0).score;
}

TEST(Explain, AnItemIsNoReasonForItself) {
  const TestWorld test = checkerboard(20, true);
  const UserState state = test.state(0);  // has seen 2, 4, ...
  const Explanation seen = explain(test.world(), &state, 4, {});
  EXPECT_FALSE(seen.admitted);
  for (const Reason& reason : seen.item.reasons) {
    for (const NamedItem& item : reason.items) EXPECT_NE(item.row, 4u) << reason.text;
  }
}

TEST(Explain, TellsWhyAnItemIsRefused) {
  const TestWorld test = checkerboard(20, true);
  const UserState state = test.state(0);
  const Explanation seen = explain(test.world(), &state, 2, {});
  EXPECT_FALSE(seen.admitted);
  EXPECT_EQ(seen.refusal, "You have already seen it.");
  const Explanation fine = explain(test.world(), &state, 0, {});
  EXPECT_TRUE(fine.admitted);
  EXPECT_GT(fine.item.score, 0);
}

// One line for all items: what another vector adds, the slope foretells.
TEST(Explain, SaysHowAReasonFollowsFromTheVector) {
  const TestWorld test = checkerboard(20, true);
  const UserState state = test.state(0);
  size_t compared = 0;
  std::optional<Explanation> before;
  for (const uint32_t row : {0, 2, 4, 6, 8}) {
    Explanation now = explain(test.world(), &state, row, {});
    ASSERT_EQ(now.lines.size(), now.item.reasons.size());
    for (size_t i = 0; i < now.lines.size(); ++i) {
      const Reason& reason = now.item.reasons[i];
      EXPECT_EQ(now.lines[i].direction.empty(),
                reason.kind != Kind::interest && reason.kind != Kind::recent);
      for (size_t j = 0; before && j < before->lines.size(); ++j) {
        const Reason& other = before->item.reasons[j];
        if (other.kind != reason.kind || now.lines[i].direction.empty()) continue;
        const double step = dot(now.lines[i].direction, test.catalogue.vector(row)) -
                            dot(now.lines[i].direction, test.catalogue.vector(before->item.row));
        EXPECT_NEAR(reason.contribution - other.contribution, now.lines[i].slope * step, 1e-4);
        ++compared;
      }
    }
    before = std::move(now);
  }
  EXPECT_GT(compared, 3u);
}

// Random worlds, random requests: whatever is asked, what the gate promises holds.
TEST(Recommend, KeepsItsPromisesInRandomWorlds) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Random random(seed);
    TestWorld test;
    const size_t items = 1 + random.below(120);
    test.add_items(items, 1 + random.below(8));
    std::vector<CatalogueChange> changes;
    for (uint32_t row = 0; row < items; ++row) {
      CatalogueChange c{test.catalogue.item(row), test_vector(row, row)};
      if (random.below(5) == 0) c.item.hidden = true;
      if (random.below(5) == 0) c.item.expires = test_now + (random.below(2) ? 1e6 : -1e6);
      if (random.below(3) == 0) c.item.time = test_now - 1e5 * random.uniform();
      if (random.below(4) == 0) c.vector.clear();
      changes.push_back(std::move(c));
    }
    test.change(changes);
    for (size_t e = 0; e < 300; ++e) {
      test.event(static_cast<uint32_t>(random.below(10)),
                 static_cast<uint32_t>(random.below(items)),
                 static_cast<double>(random.below(5)) - 1, test_now - 1e7 * random.uniform());
    }
    test.train();
    for (uint32_t user = 0; user < 12; ++user) {
      const UserState state = test.state(user);
      const Request request{
          .n = random.below(40), .offset = random.below(20), .diversity = random.uniform()};
      const Answer answer = recommend(test.world(), &state, request);
      expect_sound(answer);
      EXPECT_LE(answer.items.size(), request.n);
      for (const Recommended& r : answer.items) {
        const CatalogueItem& item = test.catalogue.item(r.row);
        EXPECT_FALSE(item.hidden || item.absent);
        EXPECT_TRUE(!item.expires || *item.expires > test_now);
        EXPECT_FALSE(state.has_seen(r.row)) << "seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace penchant

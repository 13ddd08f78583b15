#include "eval/eval.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/files.h"
#include "base/test_folder.h"
#include "recommend/test_world.h"
#include "store/records.h"

namespace penchant {
namespace {

double metric(const EvalResult& result, std::string_view name) {
  for (const Metric& m : result.metrics) {
    if (m.name == name) return m.mean;
  }
  ADD_FAILURE() << "no metric " << name;
  return 0;
}

TEST(Metrics, AreWhatTheirDefinitionsSay) {
  const uint32_t ranks[] = {1, 3, 11, 2};
  const size_t cutoffs[] = {10};
  const std::vector<Metric> metrics = rank_metrics(ranks, cutoffs, {});
  ASSERT_EQ(metrics.size(), 3u);
  EXPECT_EQ(metrics[0].name, "recall@10");
  EXPECT_DOUBLE_EQ(metrics[0].mean, 0.75);
  EXPECT_DOUBLE_EQ(metrics[1].mean, (1 + 0.5 + 1 / std::log2(3.0)) / 4);
  EXPECT_DOUBLE_EQ(metrics[2].mean, (1 + 1 / 3.0 + 0.5) / 4);
  for (const Metric& m : metrics) {
    EXPECT_LE(m.low, m.mean);
    EXPECT_GE(m.high, m.mean);
  }
}

TEST(Metrics, IntervalsAreTheSameForTheSameSeedAndNarrowWithUsers) {
  std::vector<uint32_t> few, many;
  for (uint32_t i = 0; i < 40; ++i) few.push_back(1 + i % 20);
  for (uint32_t i = 0; i < 4000; ++i) many.push_back(1 + i % 20);
  const size_t cutoffs[] = {10};
  const Metric a = rank_metrics(few, cutoffs, {})[0], b = rank_metrics(few, cutoffs, {})[0];
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  const Metric c = rank_metrics(many, cutoffs, {})[0];
  EXPECT_LT(c.high - c.low, 0.2 * (a.high - a.low));
  // sqrt(.25 / 40) = .079: the interval of a share is about twice 1.96 times that.
  EXPECT_NEAR(a.high - a.low, 4 * 0.079, 0.06);
}

TEST(Metrics, PairedDifferenceOfEqualSystemsIsNothing) {
  const std::vector<uint32_t> ranks = {1, 5, 9, 30};
  const Metric none = paired_difference(ranks, ranks, 10, {});
  EXPECT_EQ(none.mean, 0);
  EXPECT_EQ(none.low, 0);
  EXPECT_EQ(none.high, 0);
}

UserEvent at(uint32_t row, Seconds time) { return {row, 1, time, 90 * day_seconds, true}; }

TEST(Split, LeavesTheLastOut) {
  const std::vector<UserHistory> users = {{"a", {at(4, 1), at(5, 2), at(4, 3), at(6, 4), at(7, 5)}},
                                          {"b", {at(1, 1), at(2, 2)}}};
  const Cases test = split(users, {});
  ASSERT_EQ(test.cases.size(), 1u);
  EXPECT_EQ(test.cases[0].answer, 7u);
  EXPECT_EQ(test.cases[0].history.size(), 3u);  // 4, 5, 6: met again counts once
  EXPECT_EQ(test.cases[0].time, 4);
  EXPECT_EQ(test.train.size(), 2u);  // neither test nor valid
  const Cases valid = split(users, {.part = Part::valid});
  EXPECT_EQ(valid.cases[0].answer, 6u);
  EXPECT_EQ(valid.cases[0].history.size(), 2u);
}

TEST(Split, ByTimeKnowsNothingOfWhatComesAfter) {
  std::vector<UserHistory> users(10);
  for (uint32_t u = 0; u < 10; ++u) {
    for (uint32_t i = 0; i < 10; ++i) users[u].events.push_back(at(i, u + 10.0 * i));
  }
  const SplitOptions options{.kind = SplitKind::time, .held_out = 0.25};
  const Cases cases = split(users, options);
  EXPECT_NEAR(static_cast<double>(cases.train.size()), 75, 1);
  ASSERT_EQ(cases.cases.size(), 10u);
  for (const Case& one : cases.cases) {
    for (const UserEvent& e : cases.train) EXPECT_LT(e.time, one.answer * 10.0 + one.user);
    EXPECT_EQ(one.answer, one.history.size());
  }
}

TEST(Evaluate, BehaviourSolvesTheCheckerboardAndPopularityDoesNot) {
  const size_t n = 24;
  TestWorld test;
  test.add_items(n, 2);
  std::vector<UserHistory> users;
  for (uint32_t u = 0; u < n; ++u) {
    users.push_back({"u", {}});
    for (uint32_t k = 0; k < n / 2; ++k) {  // its colour, starting somewhere else each
      users.back().events.push_back(at((u + 2 * k) % n, k));
    }
  }
  const std::string models[] = {"popularity", "item-knn", "semantic", "blend"};
  const auto results = evaluate(test.catalogue, users, models, {.cutoffs = {1, 10}}, nullptr);
  ASSERT_TRUE(results.ok());
  EXPECT_LT(metric((*results)[0], "recall@1"), 1);
  EXPECT_EQ(metric((*results)[1], "recall@1"), 1);
  EXPECT_EQ(metric((*results)[2], "recall@1"), 1);
  EXPECT_EQ(metric((*results)[3], "recall@1"), 1);
  EXPECT_EQ((*results)[3].ranks, std::vector<uint32_t>(n, 1));
}

TEST(Evaluate, SaysWhatIsWrong) {
  TestWorld test;
  test.add_items(3, 1);
  const std::string unknown[] = {"oracle"}, known[] = {"popularity"};
  EXPECT_FALSE(evaluate(test.catalogue, {}, unknown, {}, nullptr).ok());
  EXPECT_FALSE(evaluate(test.catalogue, {}, known, {}, nullptr).ok());
}

// What tools/eval_reference.py, which shares no code with this, prints for the same files.
TEST(Evaluate, AgreesWithTheIndependentScript) {
  if (test_data().empty()) GTEST_SKIP() << no_test_data;
  const auto read = [](const char* name, const auto& take) {
    auto reader = LineReader::open(test_data() / "movielens-100k" / name);
    ASSERT_TRUE(reader.ok());
    std::string_view line;
    while (*reader->next(line)) take(parse_json(line, name)->get_object());
  };
  std::vector<CatalogueChange> changes;
  read("items.jsonl.gz", [&](const json::object& object) {
    changes.emplace_back();
    changes.back().item.id = item_from_json(object)->id;
  });
  const Catalogue catalogue = Catalogue().with(changes);
  std::map<std::string, std::vector<UserEvent>> users;
  read("events.jsonl.gz", [&](const json::object& object) {
    const Event event = *event_from_json(object);
    users[event.user].push_back(at(*catalogue.find(event.item), *event.time));
  });
  std::vector<UserHistory> histories;
  for (auto& [user, events] : users) {
    std::stable_sort(events.begin(), events.end(),
                     [](const UserEvent& a, const UserEvent& b) { return a.time < b.time; });
    histories.push_back({user, std::move(events)});
  }
  const std::string models[] = {"popularity", "item-knn"};
  const auto results = evaluate(catalogue, histories, models, {}, nullptr);
  ASSERT_TRUE(results.ok());
  EXPECT_NEAR(metric((*results)[0], "recall@10"), 0.0859, 5e-5);
  EXPECT_NEAR(metric((*results)[0], "ndcg@10"), 0.0449, 5e-5);
  EXPECT_NEAR(metric((*results)[1], "recall@10"), 0.1039, 5e-5);
  EXPECT_NEAR(metric((*results)[1], "ndcg@10"), 0.0544, 5e-5);
}

}  // namespace
}  // namespace penchant

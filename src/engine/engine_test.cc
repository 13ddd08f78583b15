#include "engine/engine.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "base/test_folder.h"

namespace penchant {
namespace {

Seconds fixed_clock() { return 1'700'000'000; }

// No model: the items bring their own vectors, so these tests run anywhere.
std::unique_ptr<Engine> open_engine(const Path& folder) {
  EngineOptions options;
  options.data_folder = folder;
  options.model = no_model;
  options.clock = fixed_clock;
  auto engine = Engine::open(options);
  EXPECT_TRUE(engine.ok()) << engine.error().message;
  return *std::move(engine);
}

// Six kinds of items far apart, ten of each: a<i> about apples, b<i> about boats, ...
std::vector<Item> items() {
  const char* const kinds[] = {"Apples", "Boats", "Cooking", "Dancing", "Egypt", "Football"};
  std::vector<Item> list;
  for (int i = 0; i < 10; ++i)
    for (size_t kind = 0; kind < std::size(kinds); ++kind) {
      Item& item = list.emplace_back();
      item.id = fmt::format("{}{}", char('a' + kind), i);
      item.title = fmt::format("{} for everybody {}", kinds[kind], i);
      item.categories = {kinds[kind]};
      item.vector.assign(std::size(kinds) + 1, 0.1f);
      item.vector[kind] = 1;
      item.vector.back() = 0.02f * float(i);
      item.time = fixed_clock() - i;
    }
  return list;
}

Event like(std::string user, std::string item, std::string type = "like") {
  Event event;
  event.user = std::move(user);
  event.item = std::move(item);
  event.type = std::move(type);
  return event;
}

void put(Engine& engine, const std::vector<Event>& events) {
  const auto result = engine.put_events("default", events);
  ASSERT_TRUE(result.ok()) << result.error().message;
}

std::vector<std::string> ids(const Result<json::object>& answer) {
  EXPECT_TRUE(answer.ok()) << answer.error().message;
  std::vector<std::string> list;
  for (const auto& item : answer->at("items").as_array())
    list.emplace_back(item.as_object().at("item").as_string());
  return list;
}

std::vector<std::string> recommended(Engine& engine, const std::string& user, size_t n = 5) {
  RecommendQuery query;
  query.user = user;
  query.n = n;
  query.diversity = 0;
  return ids(engine.recommend("default", query));
}

bool contains(const std::vector<std::string>& list, std::string_view id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

TEST(Engine, TheNextAnswerReflectsAnEvent) {
  const TestFolder folder;
  const auto engine = open_engine(folder.path());
  ASSERT_TRUE(engine->put_items("default", items()).ok());
  put(*engine, {like("ann", "b1")});
  EXPECT_EQ(recommended(*engine, "ann")[0][0], 'b');
  EXPECT_FALSE(contains(recommended(*engine, "ann", 20), "b1"));
  put(*engine, {like("ann", "b2")});
  EXPECT_FALSE(contains(recommended(*engine, "ann", 20), "b2"));
  put(*engine, {like("bob", "c3"), like("bob", "c4")});
  EXPECT_EQ(recommended(*engine, "bob")[0][0], 'c');
}

TEST(Engine, ANewItemIsInTheNextAnswerAndADeletedOneInNone) {
  const TestFolder folder;
  const auto engine = open_engine(folder.path());
  ASSERT_TRUE(engine->put_items("default", items()).ok());
  put(*engine, {like("ann", "b1")});
  Item fresh = items()[0];
  fresh.id = "fresh";
  ASSERT_TRUE(engine->put_items("default", {&fresh, 1}).ok());
  EXPECT_TRUE(contains(recommended(*engine, "ann", 20), "fresh"));
  ASSERT_TRUE(engine->delete_item("default", "fresh").ok());
  EXPECT_FALSE(contains(recommended(*engine, "ann", 20), "fresh"));
  EXPECT_EQ(engine->delete_item("default", "fresh").error().code, Code::not_found);
}

TEST(Engine, ContributionsSumToTheScore) {
  const TestFolder folder;
  const auto engine = open_engine(folder.path());
  ASSERT_TRUE(engine->put_items("default", items()).ok());
  put(*engine, {like("ann", "b1"), like("ann", "c1", "dislike"), like("bob", "b1"),
                like("bob", "b3"), like("eve", "b3"), like("eve", "c5")});
  RecommendQuery query;
  query.user = "ann";
  query.n = 20;
  query.diversity = 0.5;
  const auto answer = engine->recommend("default", query);
  ASSERT_TRUE(answer.ok());
  double last = INFINITY;
  for (const auto& value : answer->at("items").as_array()) {
    const json::object& item = value.as_object();
    double sum = 0;
    for (const auto& reason : item.at("reasons").as_array())
      sum += reason.as_object().at("contribution").to_number<double>();
    const double score = item.at("score").to_number<double>();
    EXPECT_NEAR(sum, score, 1e-6) << to_text(item);
    EXPECT_LE(score, last);
    last = score;
  }
}

TEST(Engine, AnswersAreTheSameAfterReopening) {
  const TestFolder folder;
  const std::vector<Event> events = {like("ann", "b1"), like("ann", "c2"), like("bob", "b4")};
  std::vector<std::string> before;
  {
    const auto engine = open_engine(folder.path());
    ASSERT_TRUE(engine->put_items("default", items()).ok());
    for (const Event& event : events) put(*engine, {event});
    before = recommended(*engine, "ann", 20);
  }
  EXPECT_EQ(recommended(*open_engine(folder.path()), "ann", 20), before);
}

TEST(Engine, AnEmptyStoreAnswersEverything) {
  const TestFolder folder;
  const auto engine = open_engine(folder.path());
  EXPECT_TRUE(recommended(*engine, "nobody").empty());
  EXPECT_TRUE(ids(engine->search("default", "boats", {})).empty());
  EXPECT_EQ(engine->similar("default", "b1", {}).error().code, Code::not_found);
  EXPECT_EQ(engine->interests("default", "nobody", "").error().code, Code::not_found);
}

TEST(Engine, AnUnknownUserGetsTheColdStartAnswer) {
  const TestFolder folder;
  const auto engine = open_engine(folder.path());
  ASSERT_TRUE(engine->put_items("default", items()).ok());
  put(*engine, {like("ann", "b1"), like("bob", "b1"), like("bob", "c1")});
  EXPECT_FALSE(recommended(*engine, "stranger").empty());
}

TEST(Engine, WithoutAModelSearchGoesByWordsAndMatchSaysWhatIsMissing) {
  const TestFolder folder;
  const auto engine = open_engine(folder.path());
  ASSERT_TRUE(engine->put_items("default", items()).ok());
  const auto found = ids(engine->search("default", "everything on cooked soup", {}));
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0][0], 'c');
  const std::vector<std::string> interests = {"boats"};
  const auto match = engine->match("a boat", interests, {});
  EXPECT_EQ(match.error().code, Code::unavailable);
  EXPECT_EQ(match.error().message, "no model is used; leave out --model none, or name one");
}

TEST(Engine, SearchFindsTheTextsAmongLabels) {
  const TestFolder folder;
  const auto engine = open_engine(folder.path());
  Item film;
  film.id = "film";
  film.title = "The film";
  film.labels = {{"directors", json::array{"Agnes Varda"}},
                 {"poster", "https://example.org/beach"},
                 {"year", 1962}};
  ASSERT_TRUE(engine->put_items("default", {&film, 1}).ok());
  EXPECT_EQ(ids(engine->search("default", "varda", {})), std::vector<std::string>{"film"});
  EXPECT_TRUE(ids(engine->search("default", "beach", {})).empty());
}

TEST(Engine, TenantsDoNotSeeEachOther) {
  const TestFolder folder;
  const auto engine = open_engine(folder.path());
  ASSERT_TRUE(engine->put_items("one", items()).ok());
  RecommendQuery query;
  query.user = "ann";
  EXPECT_FALSE(ids(engine->recommend("one", query)).empty());
  put(*engine, {like("ann", "b1")});
  EXPECT_TRUE(ids(engine->recommend("default", query)).empty());
}

TEST(Engine, ATenantThatNothingWasWrittenForIsUnknown) {
  const TestFolder folder;
  const auto engine = open_engine(folder.path());
  const auto answer = engine->recommend("shop", {});
  EXPECT_EQ(answer.error().code, Code::not_found);
  EXPECT_EQ(answer.error().message, "no tenant \"shop\"");
  EXPECT_EQ(engine->delete_user("shop", "ann").error().code, Code::not_found);
  ASSERT_TRUE(engine->put_items("shop", items()).ok());
  EXPECT_FALSE(ids(engine->recommend("shop", {})).empty());
}

TEST(Engine, WhatWasSeenLongAgoNeverReturns) {
  const TestFolder folder;
  const auto engine = open_engine(folder.path());
  ASSERT_TRUE(engine->put_items("default", items()).ok());
  std::vector<Event> events = {like("ann", "b1")};
  events[0].time = fixed_clock() - 5'000;
  for (int i = 0; i < 1'500; ++i) {
    events.push_back(like("ann", "b2", "view"));
    events.back().time = fixed_clock() - 2'000 + i;
  }
  put(*engine, events);
  EXPECT_FALSE(contains(recommended(*engine, "ann", 60), "b1"));
}

TEST(Engine, WritersAndReadersWorkAtOnce) {
  const TestFolder folder;
  const auto engine = open_engine(folder.path());
  ASSERT_TRUE(engine->put_items("default", items()).ok());
  std::atomic<bool> failed{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string user = fmt::format("u{}", (t + i) % 4);
        const std::string seen = fmt::format("b{}", i);
        const Event event = like(user, seen);
        if (!engine->put_events("default", {&event, 1}).ok()) failed = true;
        if (contains(recommended(*engine, user, 20), seen)) failed = true;
        Item item = items()[static_cast<size_t>(i)];
        item.title += "!";
        if (!engine->put_items("default", {&item, 1}).ok()) failed = true;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(failed);
}

}  // namespace
}  // namespace penchant

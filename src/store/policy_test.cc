#include "store/policy.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/log.h"

namespace penchant {
namespace {

Result<EventPolicy> parse(std::string_view text) {
  return EventPolicy::from_json(parse_json(text, "x")->get_object());
}

TEST(Policy, TellsLikesFromDislikes) {
  const EventPolicy policy;
  EXPECT_GT(policy.strength("buy", 1), policy.strength("view", 1));
  EXPECT_GT(policy.strength("view", 1), 0);
  EXPECT_LT(policy.strength("dislike", 1), policy.strength("skip", 1));
  EXPECT_LT(policy.strength("skip", 1), 0);
  EXPECT_EQ(policy.strength("impression", 1), 0);
  EXPECT_FALSE(policy.rule("impression").seen);
  EXPECT_TRUE(policy.rule("dislike").seen);
}

TEST(Policy, RatingsAroundTheMiddleSayNothing) {
  const EventPolicy policy;
  EXPECT_EQ(policy.strength("rating", 2.5), 0);
  EXPECT_GT(policy.strength("rating", 4), policy.strength("rating", 3));
  EXPECT_EQ(policy.strength("rating", 5), -policy.strength("rating", 0));
  EXPECT_EQ(policy.strength("rating", 1e9), policy.strength("rating", 5));
}

TEST(Policy, ConfigurationReplacesAndAdds) {
  const EventPolicy policy = *parse(
      R"({"buy":{"weight":7,"value_multiplies":true},"yawn":{"weight":-1,"half_life_days":"never",
          "seen":false}})");
  EXPECT_EQ(policy.strength("buy", 2), 14);
  EXPECT_EQ(policy.rule("buy").half_life, EventRule().half_life);
  EXPECT_TRUE(std::isinf(policy.rule("yawn").half_life));
  EXPECT_FALSE(policy.rule("yawn").seen);
  EXPECT_EQ(policy.rule("view"), EventPolicy().rule("view"));
}

TEST(Policy, ComesBackFromItsJson) {
  const EventPolicy policy = *parse(R"({"a":{"half_life_days":"never"},"b":{"seen":false}})");
  const json::object object = policy.to_json();
  const EventPolicy again = *EventPolicy::from_json(object);
  for (const auto& [type, rule] : object) EXPECT_EQ(again.rule(type), policy.rule(type)) << type;
  EXPECT_EQ(again.to_json(), object);
}

TEST(Policy, RefusesWhatMakesNoSense) {
  EXPECT_EQ(parse(R"({"buy":3})").error().message, "event policy \"buy\" must be an object, not 3");
  EXPECT_EQ(parse(R"({"buy":{"wait":3}})").error().message,
            "event policy \"buy\": unknown field \"wait\"");
  EXPECT_EQ(parse(R"({"buy":{"weight":"x"}})").error().message,
            "event policy \"buy\": \"weight\" must be a number, not \"x\"");
  EXPECT_EQ(parse(R"({"buy":{"half_life_days":0}})").error().message,
            "event policy \"buy\": \"half_life_days\" must be between 0.0001 and 1000000, not 0");
  EXPECT_FALSE(parse(R"({"buy":{"neutral":3,"value_multiplies":true}})").ok());
  EXPECT_FALSE(parse(R"({"":{}})").ok());
}

int warnings = 0;

TEST(Policy, AnUnknownTypeCountsOneIsSeenAndWarnsOnce) {
  set_log_sink([](LogLevel level, std::string_view) { warnings += level == LogLevel::warning; });
  const EventPolicy policy;
  const EventPolicy copy = policy;
  EXPECT_EQ(policy.strength("zap", 5), 1);
  EXPECT_TRUE(copy.rule("zap").seen);
  EXPECT_EQ(warnings, 1);
  EXPECT_EQ(policy.strength("zip", 5), 1);
  EXPECT_EQ(warnings, 2);
  set_log_sink(nullptr);
}

}  // namespace
}  // namespace penchant

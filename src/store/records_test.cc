#include "store/records.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/limits.h"
#include "store/test_records.h"

namespace penchant {
namespace {

json::object parse(std::string_view text) {
  auto value = parse_json(text, "x");
  CHECK(value.ok(), value.error().message);
  return value->get_object();
}

std::string item_error(std::string_view text) {
  auto item = item_from_json(parse(text));
  return item.ok() ? "" : item.error().message;
}

std::string event_error(std::string_view text) {
  auto event = event_from_json(parse(text));
  return event.ok() ? "" : event.error().message;
}

TEST(Records, UnknownFieldsOfAnItemBecomeLabels) {
  const Item item = *item_from_json(parse(
      R"({"id":"a","title":"T","year":1995,"brand":null,"aka":["x","y"],"labels":{"l":true}})"));
  EXPECT_EQ(item.labels, parse(R"({"l":true,"year":1995,"aka":["x","y"]})"));
  EXPECT_EQ(item_error(R"({"id":"a","year":1,"labels":{"year":2}})"),
            "\"year\" is given both in \"labels\" and beside it");
}

TEST(Records, TakesTheNamesOthersGiveToTitleTextAndCategories) {
  const Item item = *item_from_json(
      parse(R"({"id":"a","name":"N","description":["one","two"],"category":"c","body":"b"})"));
  EXPECT_EQ(item.title, "N");
  EXPECT_EQ(item.text, "one\ntwo");
  EXPECT_EQ(item.categories, std::vector<std::string>{"c"});
  EXPECT_EQ(item.labels, parse(R"({"body":"b"})"));
  const Item own = *item_from_json(parse(
      R"({"id":"a","title":"T","name":"N","text":"t","labels":{"description":"d"},"content":7})"));
  EXPECT_EQ(own.title, "T");
  EXPECT_EQ(own.text, "t");
  EXPECT_EQ(own.labels, parse(R"({"description":"d","name":"N","content":7})"));
}

TEST(Records, WholeNumbersServeAsIds) {
  EXPECT_EQ(item_from_json(parse(R"({"id":7})"))->id, "7");
  EXPECT_EQ(item_from_json(parse(R"({"id":18446744073709551615})"))->id, "18446744073709551615");
  EXPECT_EQ(item_from_json(parse(R"({"id":"007"})"))->id, "007");
  EXPECT_EQ(item_error(R"({"id":7.5})"), "\"id\" must be a string or a whole number, not 7.5");
}

TEST(Records, RefusesBadIds) {
  EXPECT_EQ(item_error(R"({"title":"x"})"), "\"id\" is missing");
  EXPECT_EQ(item_error(R"({"id":""})"), "\"id\" is empty");
  EXPECT_EQ(event_error(R"({"user":"u","item":"i","type":""})"), "\"type\" is empty");
  const std::string longest(limits::id_bytes, 'x');
  EXPECT_TRUE(item_from_json({{"id", longest}}).ok());
  EXPECT_EQ(item_from_json({{"id", longest + "x"}}).error().message,
            "\"id\" has 257 bytes, more than 256");
  EXPECT_FALSE(item_from_json({{"id", "\xff"}}).ok());
}

TEST(Records, NamesTheFieldOfTheWrongType) {
  EXPECT_EQ(item_error(R"({"id":"a","title":5})"), "\"title\" must be a string, not 5");
  EXPECT_EQ(item_error(R"({"id":"a","hidden":"no"})"),
            "\"hidden\" must be true or false, not \"no\"");
  EXPECT_EQ(item_error(R"({"id":"a","categories":[1]})"),
            "\"categories\" must be a list of strings, not 1");
  EXPECT_EQ(item_error(R"({"id":"a","labels":[]})"), "\"labels\" must be an object, not []");
  EXPECT_EQ(item_error(R"({"id":"a","vector":[1,"x"]})"),
            "\"vector\" must be a list of numbers, not \"x\"");
  EXPECT_EQ(item_error(R"({"id":"a","time":"yesterday"})"),
            "\"time\": \"yesterday\" is not an RFC 3339 time such as 2026-11-25T08:00:00Z");
  EXPECT_EQ(event_error(R"({"user":"u","item":"i","type":"t","value":"x"})"),
            "\"value\" must be a number, not \"x\"");
  EXPECT_EQ(event_error(R"({"user":"u","item":"i"})"), "\"type\" is missing");
}

TEST(Records, RefusesVectorsThatAreNotFiniteOrTooLong) {
  EXPECT_EQ(item_error(R"({"id":"a","vector":[1,1e39]})"),
            "\"vector\" is not a finite number at 1");
  EXPECT_EQ(item_error(R"({"id":"a","vector":[1,null]})"),
            "\"vector\" must be a list of numbers, not null");
  Item item;
  item.id = "a";
  item.vector = {std::numeric_limits<float>::quiet_NaN()};
  EXPECT_EQ(check_record(item).error().message, "\"vector\" is not a finite number at 0");
  item.vector.assign(limits::vector_dimensions + 1, 0);
  EXPECT_EQ(check_record(item).error().code, Code::too_large);
}

TEST(Records, UnderstandsTimesAsTextSecondsAndMilliseconds) {
  const auto time = [](std::string_view value) {
    return *event_from_json(parse(std::string(R"({"user":"u","item":"i","type":"t","time":)") +
                                  std::string(value) + "}"))
                ->time;
  };
  EXPECT_EQ(time("1318896000"), 1318896000);
  EXPECT_EQ(time("1318896000250"), 1318896000.25);
  EXPECT_EQ(time("\"1318896000\""), 1318896000);
  EXPECT_EQ(time("\"2011-10-18T00:00:00Z\""), 1318896000);
  EXPECT_EQ(time("\"2011-10-18 00:00:00\""), 1318896000);
  EXPECT_EQ(time("\"2011-10-18\""), 1318896000);
  EXPECT_EQ(time("1.0004"), 1.0);
  EXPECT_EQ(event_from_json(parse(R"({"user":"u","item":"i","type":"t","time":null})"))->time,
            std::nullopt);
  EXPECT_NE(event_error(R"({"user":"u","item":"i","type":"t","time":"9999-12-31T23:59:59-10:00"})"),
            "");
  EXPECT_NE(event_error(R"({"user":"u","item":"i","type":"t","time":"2011"})"), "");
}

TEST(Records, RefusesRecordsThatNoExportLineCouldHold) {
  Item item;
  item.id = "a";
  item.text.assign(limits::text_bytes, '\x01');  // six bytes each in JSON
  EXPECT_EQ(check_record(item).error().code, Code::too_large);
  item.text.assign(limits::text_bytes, 'x');
  EXPECT_TRUE(check_record(item).ok());
  item.text += 'x';
  EXPECT_EQ(check_record(item).error().code, Code::too_large);
  const std::string deep = std::string(29, '[').append(29, ']');
  EXPECT_EQ(item_error(R"({"id":"a","x":)" + deep + "}"), "label \"x\" nests deeper than 28");
  EXPECT_NE(item_error(R"({"id":"a","x":1e999})"), "");
}

// The contract of export: to text and back gives the same record.
TEST(Records, ReadBackEqualFromTheirJson) {
  Random random(11);
  for (int i = 0; i < 3000; ++i) {
    const Item item = random_item(random);
    EXPECT_EQ(*item_from_json(parse(to_text(to_json(item)))), item) << to_text(to_json(item));
    const User user = random_user(random);
    EXPECT_EQ(*user_from_json(parse(to_text(to_json(user)))), user) << to_text(to_json(user));
    const Event event = random_event(random);
    EXPECT_EQ(*event_from_json(parse(to_text(to_json(event)))), event) << to_text(to_json(event));
  }
}

}  // namespace
}  // namespace penchant

#include "store/import.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <map>

#include "base/limits.h"
#include "base/test_folder.h"
#include "store/test_sink.h"

namespace penchant {
namespace {

const Path samples = Path(PENCHANT_SOURCE) / "tests/data/import";

using Strings = std::vector<std::string>;

json::object object(std::string_view text) {
  auto value = parse_json(text, "x");
  CHECK(value.ok(), value.error().message);
  return value->get_object();
}

void write(const Path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

Result<ImportSummary> import_one(const Path& path, const ImportOptions& options, ImportSink& sink) {
  return import_files(std::span(&path, 1), options, sink);
}

// As JSON, in the order of the contract.
template <class Record>
std::string text_of(const Record& record) {
  return to_text(to_json(record));
}

// "file:line: reason" without the folders.
Strings short_messages(const CollectSink& sink) {
  Strings messages;
  for (const std::string& line : sink.all.bad) messages.push_back(line.substr(line.rfind('/') + 1));
  return messages;
}

TEST(Import, JsonLinesOfOurOwnFormat) {
  CollectSink sink;
  const ImportSummary summary = *import_one(samples / "native", {}, sink);
  EXPECT_EQ(summary.items, 3u);
  EXPECT_EQ(summary.users, 2u);
  EXPECT_EQ(summary.events, 5u);
  EXPECT_EQ(sink.all.order, "iue");
  EXPECT_EQ(short_messages(sink),
            (Strings{"items.jsonl:4: \"id\" is empty",
                     "items.jsonl:5: not valid JSON at byte 20: incomplete JSON",
                     "events.jsonl:6: \"item\" is missing"}));
  EXPECT_EQ(summary.bad_lines, 3u);
  EXPECT_EQ(sink.all.items[0].text, "Warm light for reading.");
  EXPECT_EQ(sink.all.items[0].labels, object(R"({"price":19.5,"year":2021})"));
  EXPECT_EQ(sink.all.items[1].id, "7");
  EXPECT_EQ(sink.all.items[1].categories, Strings{"Home"});
  EXPECT_EQ(sink.all.items[1].time, 1714550400);
  EXPECT_EQ(sink.all.users[0].interests, (Strings{"light", "reading"}));
  EXPECT_EQ(sink.all.users[0].labels, object(R"({"age":41})"));
  EXPECT_EQ(sink.all.events[0].labels, object(R"({"order":2})"));
  const Event& rated = sink.all.events[2];  // under others' names
  EXPECT_EQ(to_json(rated), object(R"({"user":"bob","item":"7","type":"rating","value":4.0,
                                       "time":"2023-11-14T22:13:21.250Z"})"));
  EXPECT_EQ(sink.all.events[3].labels, object(R"({"value":"cosy"})"));
  EXPECT_EQ(sink.all.events[3].value, 1);
  EXPECT_EQ(sink.all.events[4].time, std::nullopt);
}

TEST(Import, StrictEndsAtTheFirstBadLine) {
  CollectSink sink;
  ImportOptions options;
  options.strict = true;
  const auto result = import_one(samples / "native/items.jsonl", options, sink);
  EXPECT_EQ(result.error().code, Code::invalid);
  EXPECT_TRUE(result.error().message.ends_with("items.jsonl:4: \"id\" is empty"));
  EXPECT_EQ(sink.all.items.size(), 2u);
}

TEST(Import, ItemsComeBeforeUsersBeforeEventsWhateverTheOrder) {
  CollectSink sink;
  const std::vector<Path> paths{samples / "native/events.jsonl", samples / "native/users.jsonl",
                                samples / "native/items.jsonl"};
  ASSERT_TRUE(import_files(paths, {}, sink).ok());
  EXPECT_EQ(sink.all.order, "iue");
}

TEST(Import, CsvWithMarksQuotesAndLineEnds) {
  CollectSink sink;
  ASSERT_TRUE(import_one(samples / "csv/products.csv", {}, sink).ok());
  ASSERT_EQ(sink.all.items.size(), 4u);
  EXPECT_EQ(sink.all.items[0].id, "007");
  EXPECT_EQ(sink.all.items[0].title, "Lamp; small");
  EXPECT_EQ(sink.all.items[0].categories, (Strings{"Home", "Light"}));
  EXPECT_EQ(sink.all.items[0].labels,
            object(R"({"price":19.5,"sku_code":"00123","in stock":true})"));
  EXPECT_EQ(sink.all.items[1].title, "A title\nover two lines, with \"quotes\"");
  EXPECT_EQ(sink.all.items[1].labels.at("price"), 7);
  EXPECT_EQ(sink.all.items[2].title, "5\" screen");
  EXPECT_EQ(sink.all.items[3].id, "13");
  EXPECT_EQ(short_messages(sink),
            (Strings{"products.csv:6: 2 fields, the header has 6",
                     "products.csv:7: text after the closing quote of field 2",
                     "products.csv:8: a quoted field is not closed"}));
}

TEST(Import, TabSeparatedEventsUnderOthersNames) {
  CollectSink sink;
  ASSERT_TRUE(import_one(samples / "csv/visits.tsv", {}, sink).ok());
  ASSERT_EQ(sink.all.events.size(), 2u);
  EXPECT_EQ(sink.all.events[0].item, "007");
  EXPECT_EQ(sink.all.events[0].time, 1433221332.117);
  EXPECT_EQ(sink.all.events[1].type, "addtocart");
  EXPECT_EQ(sink.all.events[1].time, 1433221337);
  EXPECT_EQ(short_messages(sink),
            Strings{"visits.tsv:4: column \"timestamp\": \"soon\" is not an RFC 3339 time such as "
                    "2026-11-25T08:00:00Z"});
}

TEST(Import, LatinCsvIsRecognisedAndRefused) {
  CollectSink sink;
  ASSERT_TRUE(import_one(samples / "csv/latin.csv", {}, sink).ok());
  EXPECT_EQ(short_messages(sink),
            Strings{"latin.csv:2: not UTF-8 at byte 5 (0xe9); a Latin-1 file is converted by iconv "
                    "-f LATIN1 -t UTF-8"});
  EXPECT_EQ(sink.all.items.size(), 1u);
}

TEST(Import, ColumnMapNamesFieldsAndLabels) {
  CollectSink sink;
  ImportOptions options;
  options.columns = {{"id", "asin"}, {"title", "shop"}, {"alias", "name"}};
  options.format = "csv";
  ASSERT_TRUE(import_one(samples / "csv/amazon-map.csv", options, sink).ok());
  EXPECT_EQ(sink.all.items[0].title, "here");
  EXPECT_EQ(sink.all.items[0].labels, object(R"({"alias":"Lamp"})"));
  options.columns = {{"title", "titel"}};
  const auto result = import_one(samples / "csv/amazon-map.csv", options, sink);
  EXPECT_TRUE(result.error().message.ends_with(
      "amazon-map.csv: no column \"titel\" for \"title\"; there are: asin, name, shop"))
      << result.error().message;
}

TEST(Import, MovieLens100k) {
  CollectSink sink;
  ASSERT_TRUE(import_one(samples / "movielens-100k", {}, sink).ok());
  ASSERT_EQ(sink.all.items.size(), 3u);
  EXPECT_EQ(
      text_of(sink.all.items[1]),
      to_text(object("{\"id\":\"2\",\"title\":\"Caf\u00e9 No\u00ebl (1996)\",\"categories\":"
                     "[\"Romance\"],\"labels\":{\"year\":1996},\"time\":\"1996-02-14T00:00:00Z\","
                     "\"url\":\"http://example.org/2\"}")));
  EXPECT_EQ(sink.all.items[0].categories, (Strings{"Comedy", "Drama"}));
  EXPECT_TRUE(sink.all.items[2].categories.empty());
  EXPECT_EQ(sink.all.users[1].labels, object(R"({"age":"53","gender":"F","occupation":"other",
                                             "zip_code":"02139"})"));
  ASSERT_EQ(sink.all.events.size(), 3u);
  EXPECT_EQ(text_of(sink.all.events[0]),
            to_text(object(R"({"user":"1","item":"1","type":"rating","value":5.0,
                                                "time":"1997-12-04T15:55:49Z"})")));
  EXPECT_EQ(short_messages(sink), (Strings{"u.item:4: 2 fields instead of 24",
                                           "u.data:3: rating \"x\" is not a number"}));
}

TEST(Import, MovieLens1m) {
  CollectSink sink;
  ASSERT_TRUE(import_one(samples / "movielens-1m", {}, sink).ok());
  ASSERT_EQ(sink.all.items.size(), 2u);
  EXPECT_EQ(sink.all.items[0].categories, (Strings{"Animation", "Children's", "Comedy"}));
  EXPECT_EQ(sink.all.items[1].title, "Caf\u00e9 No\u00ebl (1996)");
  EXPECT_EQ(sink.all.users[0].labels,
            object(R"({"gender":"F","age":"1","occupation":"10","zip_code":"48067"})"));
  EXPECT_EQ(sink.all.events[2].value, 4);
  EXPECT_TRUE(sink.all.bad.empty());
}

TEST(Import, MovieLensLatestWithLinksAndTags) {
  CollectSink sink;
  ASSERT_TRUE(import_one(samples / "movielens-latest", {}, sink).ok());
  ASSERT_EQ(sink.all.items.size(), 2u);
  EXPECT_EQ(sink.all.items[0].labels, object(R"({"year":1995,"imdb":"0114709","tmdb":"862"})"));
  EXPECT_EQ(sink.all.items[1].title, "Caf\u00e9, The (1996)");
  EXPECT_TRUE(sink.all.items[1].categories.empty());
  ASSERT_EQ(sink.all.events.size(), 6u);
  EXPECT_EQ(sink.all.events[0].value, 2.5);
  EXPECT_EQ(sink.all.events[3].type, "tag");
  EXPECT_EQ(sink.all.events[3].labels, object(R"({"tags":["dark","slow, but good"]})"));
  EXPECT_EQ(sink.all.events[4].labels, object(R"({"tags":["again"]})"));
  EXPECT_EQ(sink.all.events[5].user, "2");
  EXPECT_TRUE(sink.all.bad.empty());
}

TEST(Import, RecBoleAtomicFiles) {
  CollectSink sink;
  ASSERT_TRUE(import_one(samples / "recbole", {}, sink).ok());
  ASSERT_EQ(sink.all.items.size(), 2u);
  EXPECT_EQ(sink.all.items[0].title, "Night Train");
  EXPECT_EQ(sink.all.items[0].categories, (Strings{"Animation", "Children's", "Comedy"}));
  EXPECT_EQ(sink.all.items[0].labels, object(R"({"release_year":"1995","score":7.5})"));
  EXPECT_EQ(sink.all.items[1].categories, (Strings{"Hair Care", "Creams, Gels & Lotions"}));
  EXPECT_EQ(sink.all.users[0].labels, object(R"({"age":"49","gender":"M"})"));
  ASSERT_EQ(sink.all.events.size(), 2u);
  EXPECT_EQ(sink.all.events[1].type, "rating");
  EXPECT_EQ(sink.all.events[1].value, 3.5);
  EXPECT_EQ(short_messages(sink), Strings{"tiny.inter:4: 2 fields, the header has 4"});
}

TEST(Import, Amazon2014) {
  CollectSink sink;
  const std::vector<Path> paths{samples / "amazon-2014/reviews_Lamps_5.json.gz",
                                samples / "amazon-2014/meta_Lamps.json.gz"};
  ASSERT_TRUE(import_files(paths, {}, sink).ok());
  ASSERT_EQ(sink.all.items.size(), 2u);
  EXPECT_EQ(sink.all.items[0].id, "000100039X");
  EXPECT_EQ(sink.all.items[0].title, "Reader's lamp & stand");
  EXPECT_EQ(sink.all.items[0].text, "It's warm.\nBright, too: caf\u00e9 \u4e2d");
  EXPECT_EQ(sink.all.items[0].categories, (Strings{"Home", "Light", "Gifts"}));
  EXPECT_EQ(sink.all.items[0].image, "http://example.org/i.jpg");
  EXPECT_EQ(sink.all.items[0].labels,
            object(R"({"brand":"Lux","price":12.5,"salesRank":{"Home":344222},
                       "related":{"also_bought":["B00002N5Z1","B00002N5Z2"]}})"));
  ASSERT_EQ(sink.all.events.size(), 2u);
  EXPECT_EQ(
      text_of(sink.all.events[0]),
      to_text(object(R"({"user":"A2SUAM1J3GNN3B","item":"000100039X","type":"rating","value":5.0,
                       "time":"2009-09-13T00:00:00Z"})")));
  EXPECT_EQ(
      short_messages(sink),
      (Strings{"meta_Lamps.json.gz:3: not a Python literal at byte 36: a string is not closed",
               "reviews_Lamps_5.json.gz:3: \"rating\" or \"overall\" is missing"}));
}

TEST(Import, AmazonRatingsKeepTheLastOfAUserAndItem) {
  CollectSink sink;
  const std::vector<Path> paths{samples / "amazon-2014/ratings_Lamps.csv",
                                samples / "amazon-2018/Lamps.csv"};
  ASSERT_TRUE(import_files(paths, {}, sink).ok());
  ASSERT_EQ(sink.all.events.size(), 3u);
  EXPECT_EQ(sink.all.events[0].user, "A3SUAM1J3GNN3B");
  EXPECT_EQ(sink.all.events[1].value, 5);
  EXPECT_EQ(sink.all.events[1].time, 1252900000);
  EXPECT_EQ(sink.all.events[2].user, "A3KPE9OALMM6WX");  // the other order of columns
  EXPECT_EQ(sink.all.events[2].item, "B00004YWK2");
  EXPECT_EQ(short_messages(sink), Strings{"ratings_Lamps.csv:4: not four fields"});
}

TEST(Import, Amazon2018And2023) {
  CollectSink sink;
  const std::vector<Path> paths{samples / "amazon-2018/Lamps_5.json",
                                samples / "amazon-2018/meta_Lamps.json", samples / "amazon-2023"};
  ASSERT_TRUE(import_files(paths, {}, sink).ok());
  ASSERT_EQ(sink.all.items.size(), 2u);
  EXPECT_EQ(sink.all.items[0].id, "B00004YWK2");
  EXPECT_EQ(sink.all.items[0].text, "First.\nSecond.\nWarm\nSmall");
  EXPECT_EQ(sink.all.items[0].labels.at("price"), 1012.5);
  EXPECT_EQ(sink.all.items[0].image, "http://example.org/a.jpg");
  EXPECT_EQ(sink.all.items[1].id, "B07PARENT1");
  EXPECT_EQ(sink.all.items[1].categories, (Strings{"Tools & Home Improvement", "Home", "Light"}));
  EXPECT_EQ(sink.all.items[1].image, "http://example.org/l.jpg");
  EXPECT_EQ(sink.all.items[1].labels,
            object(R"({"brand":"Lux","price":19.99,"average_rating":4.5,"rating_number":120,
                       "details":{"Color":"White"}})"));
  ASSERT_EQ(sink.all.events.size(), 2u);
  EXPECT_EQ(sink.all.events[0].labels, object(R"({"verified":true,"helpful":"3"})"));
  EXPECT_EQ(
      text_of(sink.all.events[1]),
      to_text(object(R"({"user":"AHMY5CWJMMK5BJRBBSNLYT3ONILA","item":"B07PARENT1","type":"rating",
                       "value":5.0,"time":"2020-05-05T14:08:48.923Z",
                       "labels":{"verified":true,"helpful":0}})")));
  EXPECT_TRUE(sink.all.bad.empty());
}

TEST(Import, SaysWhatItCannotTellApart) {
  TestFolder folder;
  CollectSink sink;
  const auto error = [&](const char* name, std::string_view bytes, ImportOptions options = {}) {
    write(folder.path() / name, bytes);
    const auto result = import_one(folder.path() / name, options, sink);
    return result.ok() ? "" : result.error().message.substr(result.error().message.rfind('/') + 1);
  };
  EXPECT_EQ(error("array.json", "[{\"id\":1}]"),
            "array.json is one JSON array; JSON Lines has one object a line");
  EXPECT_EQ(error("what.bin", "\x01\x02"),
            "what.bin: cannot tell the format; --format says it: jsonl, csv, movielens, recbole or "
            "amazon");
  EXPECT_EQ(error("a.jsonl", "{\"x\":1}"),
            "a.jsonl: cannot tell whether these are items, users or events; --kind says it");
  EXPECT_EQ(error("b.csv", "x,y\n1,2\n"),
            "b.csv: cannot tell from the header whether these are items, users or events; --kind "
            "says it");
  EXPECT_EQ(error("events.csv", "x,y\n1,2\n"),
            "events.csv: no column for \"user\"; there are: x, y");
  EXPECT_EQ(error("utf16.csv", std::string_view("\xff\xfei\0d\0", 6)),
            "utf16.csv is UTF-16; iconv -f UTF-16 -t UTF-8 converts it");
  ImportOptions options;
  options.format = "parquet";
  EXPECT_EQ(error("c.csv", "id\n1\n", options),
            "unknown format \"parquet\"; there are jsonl, csv, movielens, recbole and amazon");
  options.format = "recbole";
  EXPECT_EQ(error("d.csv", "id\n1\n", options), "d.csv: not a file of the format recbole");
  EXPECT_EQ(import_one(folder.path() / "none", {}, sink).error().code, Code::not_found);
  EXPECT_EQ(error("empty.jsonl", ""), "");
  TestFolder other;
  write(other.path() / "README", "hello");
  EXPECT_FALSE(import_one(other.path(), {}, sink).ok());
  EXPECT_TRUE(sink.all.items.empty());
}

// Every prefix of a file of every format: records or bad lines, never a crash, and never a record
// that the whole file does not have in front of the cut.
TEST(ImportSlow, FilesCutAtEveryByteGiveRecordsOrSentences) {
  TestFolder folder;
  for (const char* name :
       {"native/items.jsonl", "native/events.jsonl", "csv/products.csv", "csv/visits.tsv",
        "movielens-100k/u.item", "movielens-1m/movies.dat", "movielens-latest/tags.csv",
        "recbole/tiny.inter", "recbole/tiny.item", "amazon-2018/meta_Lamps.json",
        "movielens-latest/ratings.csv.gz", "amazon-2014/meta_Lamps.json.gz"}) {
    std::ifstream in(samples / name, std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(in), {}};
    const Path path = folder.path() / Path(name).filename();
    for (size_t size = 0; size < whole.size(); ++size) {
      write(path, std::string_view(whole).substr(0, size));
      CollectSink sink;
      const auto result = import_one(path, {}, sink);
      if (!result.ok()) {
        EXPECT_FALSE(result.error().message.empty());
      }
    }
  }
}

TEST(Import, AHugeLineIsRefusedAndTheRestImported) {
  TestFolder folder;
  const Path path = folder.path() / "items.jsonl.gz";
  gzFile file = gzopen(path.c_str(), "wb1");
  const std::string piece(1 << 20, 'x');
  gzputs(file, "{\"id\":\"before\"}\n{\"id\":\"");
  for (int i = 0; i < 100; ++i) gzwrite(file, piece.data(), static_cast<unsigned>(piece.size()));
  gzputs(file, "\"}\n{\"id\":\"behind\"}\n");
  gzclose(file);
  CollectSink sink;
  ASSERT_TRUE(import_one(path, {}, sink).ok());
  EXPECT_EQ(short_messages(sink),
            Strings{fmt::format("items.jsonl.gz:2: line of {} bytes, more than {}",
                                100 * (1 << 20) + 9, limits::line_bytes)});
  ASSERT_EQ(sink.all.items.size(), 2u);
  EXPECT_EQ(sink.all.items[1].id, "behind");
}

TEST(Import, AQuoteThatNeverClosesCostsItsLineOnly) {
  TestFolder folder;
  const Path path = folder.path() / "items.csv";
  std::string bytes = "id,title\n1,\"open\n";
  const std::string title(1000, 't');
  for (int i = 2; i < 6000; ++i) bytes += fmt::format("{},{}\n", i, title);  // beyond the limit
  write(path, bytes);
  CollectSink sink;
  ASSERT_TRUE(import_one(path, {}, sink).ok());
  EXPECT_EQ(sink.all.items.size(), 5998u);
  EXPECT_EQ(short_messages(sink), Strings{fmt::format("items.csv:2: a quoted field is not closed "
                                                      "within {} bytes",
                                                      limits::line_bytes)});
}

TEST(Import, ADamagedGzipFileIsAnErrorAfterWhatCouldBeRead) {
  TestFolder folder;
  const Path path = folder.path() / "items.jsonl.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  for (int i = 0; i < 20000; ++i) gzprintf(file, "{\"id\":\"%d\",\"title\":\"%d\"}\n", i, i * 7919);
  gzclose(file);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  CollectSink sink;
  const auto result = import_one(path, {}, sink);
  EXPECT_EQ(result.error().code, Code::invalid);
  EXPECT_NE(result.error().message.find("the gzip stream ends early"), std::string::npos)
      << result.error().message;
  EXPECT_GT(sink.all.items.size(), 1000u);
}

TEST(Import, ProgressCountsTheBytesOfTheFiles) {
  CollectSink sink;
  ASSERT_TRUE(import_one(samples / "movielens-1m", {}, sink).ok());
  uint64_t bytes = 0;
  for (const char* name : {"movies.dat", "users.dat", "ratings.dat"})
    bytes += std::filesystem::file_size(samples / "movielens-1m" / name);
  EXPECT_EQ(sink.all.bytes_total, bytes);
  EXPECT_EQ(sink.all.bytes_done, bytes);
  EXPECT_EQ(sink.all.records, 7u);
}

TEST(Import, ASinkThatFailsEndsTheImportWithItsError) {
  CollectSink sink;
  sink.all.failure = Error{Code::exhausted, "full"};
  EXPECT_EQ(import_one(samples / "movielens-1m", {}, sink).error().code, Code::exhausted);
}

}  // namespace
}  // namespace penchant

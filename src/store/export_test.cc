#include "store/export.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/test_folder.h"
#include "store/test_faulty_disk.h"
#include "store/test_records.h"
#include "store/test_sink.h"

namespace penchant {
namespace {

std::string lines_of(Store& store, RecordKind kind) {
  std::string lines;
  const Result<> done = export_lines(store, "t", kind, [&](std::string_view line) -> Result<> {
    lines += line;
    return {};
  });
  EXPECT_TRUE(done.ok());
  return lines;
}

constexpr std::pair<RecordKind, const char*> kinds[] = {{RecordKind::item, "items.jsonl"},
                                                        {RecordKind::user, "users.jsonl"},
                                                        {RecordKind::event, "events.jsonl"}};

TEST(Export, ImportingAnExportGivesTheSameStore) {
  const FaultyDisk disk(FaultyDisk::Memory::none);  // no syncs
  TestFolder folder;
  auto store = *Store::open(folder.path() / "one");
  Random random(41);
  for (int i = 0; i < 300; ++i) {
    const Item item = random_item(random);
    const User user = random_user(random);
    std::vector<Event> events{random_event(random), random_event(random)};
    if (i % 2 == 0) events[0].item = item.id;
    if (i % 3 == 0) events[1].user = user.id;
    ASSERT_TRUE(store->put_items("t", std::span(&item, 1)).ok());
    ASSERT_TRUE(store->put_users("t", std::span(&user, 1)).ok());
    ASSERT_TRUE(store->put_events("t", events, 1'700'000'000.125 + i).ok());
  }
  std::map<RecordKind, std::string> exported;
  std::vector<Path> paths;
  for (const auto& [kind, name] : kinds) {
    paths.push_back(folder.path() / name);
    std::ofstream(paths.back(), std::ios::binary) << (exported[kind] = lines_of(*store, kind));
  }
  auto copy = *Store::open(folder.path() / "two");
  StoreSink sink(*copy, "t");
  const ImportSummary summary = *import_files(paths, {}, sink);
  EXPECT_EQ(summary.bad_lines, 0u) << sink.bad[0];
  EXPECT_EQ(summary.events, store->counts("t")->events);
  for (const auto& [kind, name] : kinds) EXPECT_EQ(lines_of(*copy, kind), exported[kind]) << name;
}

TEST(Export, EndsWithTheErrorOfTheWriter) {
  TestFolder folder;
  auto store = *Store::open(folder.path());
  Item item;
  item.id = "a";
  ASSERT_TRUE(store->put_items("t", std::span(&item, 1)).ok());
  const Result<> done = export_lines(*store, "t", RecordKind::item, [](std::string_view) {
    return Result<>(Error{Code::exhausted, "full"});
  });
  EXPECT_EQ(done.error().message, "full");
}

}  // namespace
}  // namespace penchant

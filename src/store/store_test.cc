#include "store/store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>

#include "base/limits.h"
#include "base/test_folder.h"
#include "store/test_faulty_disk.h"
#include "store/test_records.h"

namespace penchant {
namespace {

std::unique_ptr<Store> open(const Path& folder) {
  auto store = Store::open(folder);
  CHECK(store.ok(), store.error().message);
  return *std::move(store);
}

Item item_named(std::string id, std::string title = "") {
  Item item;
  item.id = std::move(id);
  item.title = std::move(title);
  return item;
}

Event event(std::string user, std::string item, std::string type, std::optional<Seconds> time,
            double value = 1) {
  Event e;
  e.user = std::move(user);
  e.item = std::move(item);
  e.type = std::move(type);
  e.time = time;
  e.value = value;
  return e;
}

std::vector<std::string> items_of(const std::vector<Event>& events) {
  std::vector<std::string> items;
  for (const Event& e : events) items.push_back(e.item);
  return items;
}

using Strings = std::vector<std::string>;

TEST(Store, KeepsRecordsOverReopening) {
  TestFolder folder;
  Random random(3);
  std::vector<Item> items;
  std::vector<User> users;
  for (int i = 0; i < 50; ++i) {
    items.push_back(random_item(random));
    items.back().id += std::to_string(i);
    users.push_back(random_user(random));
    users.back().id += std::to_string(i);
  }
  {
    auto store = open(folder.path() / "new" / "shop");
    ASSERT_TRUE(store->put_items("t", items).ok());
    ASSERT_TRUE(store->put_users("t", users).ok());
  }
  auto store = open(folder.path() / "new" / "shop");
  std::vector<Item> walked;
  ASSERT_TRUE(store
                  ->for_each_item("t",
                                  [&](StoredItem& i) {
                                    walked.push_back(i.item);
                                    return true;
                                  })
                  .ok());
  EXPECT_EQ(walked, items);
  std::vector<User> walked_users;
  ASSERT_TRUE(store
                  ->for_each_user("t",
                                  [&](User& u) {
                                    walked_users.push_back(u);
                                    return true;
                                  })
                  .ok());
  EXPECT_EQ(walked_users, users);
  for (const Item& item : items) EXPECT_EQ(store->item("t", item.id)->item, item);
  for (const User& user : users) EXPECT_EQ(*store->user("t", user.id), user);
}

TEST(Store, AnswersNotFoundForWhatIsNotThere) {
  TestFolder folder;
  auto store = open(folder.path());
  EXPECT_EQ(store->item("t", "x").error().message, "no item \"x\"");
  EXPECT_EQ(store->user("t", "x").error().code, Code::not_found);
  EXPECT_TRUE(store->user_events("t", "x", 10)->empty());
  EXPECT_FALSE(*store->delete_item("t", "x"));
  EXPECT_FALSE(*store->delete_user("t", "x"));
  EXPECT_EQ(store->counts("t")->items, 0u);
  EXPECT_TRUE(store->tenants()->empty());
}

TEST(Store, AKnownIdIsReplacedWholeAndKeepsItsFeatures) {
  TestFolder folder;
  auto store = open(folder.path());
  Item old = item_named("a", "old");
  old.text = "text";
  old.vector = {1, 2};
  const std::vector<Item> first{old, item_named("b", "B")};
  ASSERT_TRUE(store->put_items("t", first).ok());
  ItemFeatures features{"hash", {0.6f, 0.8f}, {{"word", 0.5f}, {"\u4e2d\u6587", 0.1f}}};
  const Strings ids{"a", "gone"};
  const std::vector<ItemFeatures> both{features, features};
  ASSERT_TRUE(store->put_features("t", ids, both).ok());
  const std::vector<Item> again{item_named("a", "new")};
  ASSERT_TRUE(store->put_items("t", again).ok());
  const StoredItem stored = *store->item("t", "a");
  EXPECT_EQ(stored.item, again[0]);
  EXPECT_EQ(stored.features.source, "hash");
  EXPECT_EQ(stored.features.vector, features.vector);
  EXPECT_EQ(stored.features.keywords, features.keywords);
  EXPECT_EQ(store->item("t", "b")->features.source, "");
  EXPECT_EQ(store->counts("t")->items, 2u);
}

TEST(Store, TenantsDoNotSeeEachOther) {
  TestFolder folder;
  auto store = open(folder.path());
  const std::vector<Item> a{item_named("x", "A")}, b{item_named("x", "B")};
  ASSERT_TRUE(store->put_items("a", a).ok());
  ASSERT_TRUE(store->put_items("b", b).ok());
  const std::vector<Event> events{event("u", "x", "view", 1)};
  ASSERT_TRUE(store->put_events("a", events, 0).ok());
  EXPECT_EQ(store->item("a", "x")->item.title, "A");
  EXPECT_EQ(store->item("b", "x")->item.title, "B");
  EXPECT_TRUE(store->user_events("b", "u", 9)->empty());
  EXPECT_TRUE(*store->delete_item("a", "x"));
  EXPECT_TRUE(store->item("b", "x").ok());
  EXPECT_EQ(*store->tenants(), (Strings{"a", "b"}));
}

TEST(Store, AnEventAgainReplacesAndKeepsItsPlace) {
  TestFolder folder;
  auto store = open(folder.path());
  const std::vector<Event> events{event("u", "a", "rating", 5, 3), event("u", "b", "rating", 5, 4)};
  ASSERT_TRUE(store->put_events("t", events, 0).ok());
  const std::vector<Event> again{event("u", "a", "rating", 5, 1)};
  ASSERT_TRUE(store->put_events("t", again, 0).ok());
  const std::vector<Event> stored = *store->user_events("t", "u", 10);
  EXPECT_EQ(stored, (std::vector<Event>{again[0], events[1]}));
  EXPECT_EQ(store->counts("t")->events, 2u);
  EXPECT_EQ(store->counts("t")->users, 1u);
  EXPECT_EQ(store->counts("t")->items, 0u);
  EXPECT_EQ(store->user("t", "u")->id, "u");
}

TEST(Store, EventsComeInTimeThenGivenOrderThenArrival) {
  TestFolder folder;
  auto store = open(folder.path());
  std::vector<Event> events{event("u", "late", "view", 9), event("u", "c", "view", 5),
                            event("u", "b", "view", 5),    event("u", "early", "view", -3.25),
                            event("u", "o2", "view", 7),   event("u", "o1", "view", 7)};
  events[4].labels["order"] = 2;
  events[5].labels["order"] = 1;
  ASSERT_TRUE(store->put_events("t", events, 0).ok());
  EXPECT_EQ(items_of(*store->user_events("t", "u", 10)),
            (Strings{"early", "c", "b", "o1", "o2", "late"}));
  EXPECT_EQ(items_of(*store->user_events("t", "u", 2)), (Strings{"o2", "late"}));
  std::vector<Event> walked;
  ASSERT_TRUE(store
                  ->for_each_event("t",
                                   [&](Event& e) {
                                     walked.push_back(e);
                                     return true;
                                   })
                  .ok());
  EXPECT_EQ(walked, *store->user_events("t", "u", 10));
}

TEST(Store, AnEventWithoutTimeHappensNow) {
  TestFolder folder;
  auto store = open(folder.path());
  const std::vector<Event> events{event("u", "a", "buy", std::nullopt)};
  ASSERT_TRUE(store->put_events("t", events, 100).ok());
  ASSERT_TRUE(store->put_events("t", events, 200).ok());
  const auto stored = *store->user_events("t", "u", 10);
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_EQ(stored[0].time, 100);
  EXPECT_EQ(stored[1].time, 200);
}

TEST(Store, AnImportedEventWithoutTimeHappenedOnce) {
  TestFolder folder;
  auto store = open(folder.path());
  std::vector<Event> events{event("u", "a", "like", std::nullopt),
                            event("u", "b", "like", std::nullopt)};
  ASSERT_TRUE(store->put_events("t", events, 100, Untimed::once).ok());
  events[0].value = 2;
  ASSERT_TRUE(store->put_events("t", events, 200, Untimed::once).ok());
  const auto stored = *store->user_events("t", "u", 10);
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_EQ(stored[0].time, 100);
  EXPECT_EQ(stored[0].value, 2);
  EXPECT_EQ(store->counts("t")->events, 2u);
}

TEST(Store, ADeletedItemKeepsItsEventsAndADeletedUserDoesNot) {
  TestFolder folder;
  auto store = open(folder.path());
  const std::vector<Item> items{item_named("a"), item_named("b")};
  ASSERT_TRUE(store->put_items("t", items).ok());
  const Strings ids{"a"};
  const std::vector<ItemFeatures> features{{"hash", {1}, {}}};
  ASSERT_TRUE(store->put_features("t", ids, features).ok());
  const std::vector<Event> events{event("u", "a", "view", 1), event("v", "a", "view", 1)};
  ASSERT_TRUE(store->put_events("t", events, 0).ok());

  EXPECT_TRUE(*store->delete_item("t", "a"));
  EXPECT_FALSE(*store->delete_item("t", "a"));
  EXPECT_FALSE(store->item("t", "a").ok());
  EXPECT_EQ(store->user_events("t", "u", 9)->size(), 1u);
  EXPECT_EQ(store->counts("t")->items, 1u);

  EXPECT_TRUE(*store->delete_user("t", "u"));
  EXPECT_FALSE(*store->delete_user("t", "u"));
  EXPECT_TRUE(store->user_events("t", "u", 9)->empty());
  EXPECT_EQ(store->counts("t")->events, 1u);
  EXPECT_EQ(store->counts("t")->users, 1u);

  ASSERT_TRUE(store->put_items("t", std::span(items).first(1)).ok());
  EXPECT_EQ(store->item("t", "a")->features.source, "");
}

TEST(Store, RefusesInvalidRecordsWholly) {
  TestFolder folder;
  auto store = open(folder.path());
  std::vector<Item> items{item_named("ok"), item_named("")};
  EXPECT_EQ(store->put_items("t", items).error().message, "items[1]: \"id\" is empty");
  EXPECT_FALSE(store->item("t", "ok").ok());
  const std::vector<Event> events{event("u", "i", "t", 1, std::nan(""))};
  EXPECT_EQ(store->put_events("t", events, 0).error().code, Code::invalid);
  EXPECT_FALSE(store->put_items("", std::span(items).first(1)).ok());
}

TEST(Store, KeepsSettings) {
  TestFolder folder;
  {
    auto store = open(folder.path());
    EXPECT_EQ(*store->setting("encoder"), "");
    ASSERT_TRUE(store->set_setting("encoder", "one").ok());
    ASSERT_TRUE(store->set_setting("encoder", "two").ok());
  }
  EXPECT_EQ(*open(folder.path())->setting("encoder"), "two");
}

TEST(Store, AWalkStopsWhenToldAndMayCallTheStore) {
  TestFolder folder;
  auto store = open(folder.path());
  std::vector<Item> items;
  for (int i = 0; i < 10; ++i) items.push_back(item_named(std::to_string(i)));
  ASSERT_TRUE(store->put_items("t", items).ok());
  int seen = 0;
  ASSERT_TRUE(store
                  ->for_each_item("t",
                                  [&](StoredItem& i) {
                                    EXPECT_TRUE(*store->delete_item("t", i.item.id));
                                    return ++seen < 5;
                                  })
                  .ok());
  EXPECT_EQ(seen, 5);
  EXPECT_EQ(store->counts("t")->items, 5u);
}

TEST(Store, ASecondOwnerIsRefused) {
  TestFolder folder;
  auto store = open(folder.path());
  EXPECT_EQ(Store::open(folder.path()).error().message,
            fmt::format("data folder {} is in use by another process", folder.path().string()));
  EXPECT_EQ(Store::open(folder.path()).error().code, Code::conflict);
  store.reset();
  EXPECT_TRUE(Store::open(folder.path()).ok());
}

void run_sql(const Path& file, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
}

TEST(Store, DataOfANewerVersionIsRefusedWithBothVersions) {
  TestFolder folder;
  open(folder.path()).reset();
  run_sql(folder.path() / "penchant.db", "PRAGMA user_version = 2");
  EXPECT_EQ(Store::open(folder.path()).error().message,
            fmt::format("data folder {} has format 2, written by a newer version of Penchant; this "
                        "program reads formats up to 1",
                        folder.path().string()));
}

TEST(Store, ADatabaseOfAnotherProgramIsRefused) {
  TestFolder folder;
  run_sql(folder.path() / "penchant.db", "CREATE TABLE x(y)");
  EXPECT_EQ(Store::open(folder.path()).error().message,
            fmt::format("penchant.db in data folder {} is a database of another program",
                        folder.path().string()));
}

TEST(Store, DamagedFilesAreErrorsNotCrashes) {
  TestFolder folder;
  {
    auto store = open(folder.path());
    std::vector<Item> items;
    for (int i = 0; i < 100; ++i) items.push_back(item_named(std::to_string(i), "title"));
    ASSERT_TRUE(store->put_items("t", items).ok());
  }
  const Path file = folder.path() / "penchant.db";
  std::ifstream in(file, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  const auto read_all = [&](const std::string& bytes) -> Result<> {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    TRY(auto store, Store::open(folder.path()));
    return store->for_each_item("t", [](StoredItem&) { return true; });
  };
  EXPECT_TRUE(read_all(whole).ok());
  EXPECT_EQ(read_all("this is no database at all, whatever it is called").error().message,
            fmt::format("data folder {} is damaged: penchant.db: file is not a database",
                        folder.path().string()));
  Random random(5);
  for (size_t size = 100; size < whole.size(); size += 509) (void)read_all(whole.substr(0, size));
  for (int i = 0; i < 200; ++i) {
    std::string broken = whole;
    for (int k = 0; k < 20; ++k)
      broken[random.below(broken.size())] = static_cast<char>(random.below(256));
    (void)read_all(broken);
  }
}

// As another user, since the one who runs the tests may be allowed everything.
TEST(Store, AReadOnlyFolderIsOneSentence) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  TestFolder folder;
  open(folder.path()).reset();
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0555));
  int channel[2];
  ASSERT_EQ(::pipe(channel), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(1);
    auto store = Store::open(folder.path());
    const std::string message =
        store.ok()
            ? "opened"
            : fmt::format("{}|{}", static_cast<int>(store.error().code), store.error().message);
    ::_exit(::write(channel[1], message.data(), message.size()) > 0 ? 0 : 1);
  }
  char buffer[1000];
  const ssize_t n = ::read(channel[0], buffer, sizeof buffer);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ASSERT_GT(n, 0);
  // Which step is refused depends on the folders above, which this test does not own.
  const std::string told(buffer, static_cast<size_t>(n));
  EXPECT_TRUE(told.starts_with(fmt::format("{}|cannot ", static_cast<int>(Code::conflict))))
      << told;
  EXPECT_NE(told.find(folder.path().string()), std::string::npos) << told;
  EXPECT_TRUE(told.ends_with(": Permission denied")) << told;
}

// A plain map is the reference for a long random life of the store.
struct Reference {
  using Key = std::tuple<std::string, std::string, std::string, Seconds>;
  std::map<std::string, Item> items;
  std::set<std::string> users;
  std::map<Key, Event> events;
};

void expect_equal(Store& store, const Reference& reference) {
  std::map<std::string, Item> items;
  ASSERT_TRUE(
      store
          .for_each_item("t", [&](StoredItem& i) { return items.emplace(i.item.id, i.item), true; })
          .ok());
  EXPECT_EQ(items, reference.items);
  std::map<Reference::Key, Event> events;
  ASSERT_TRUE(
      store
          .for_each_event(
              "t",
              [&](Event& e) {
                return events.emplace(Reference::Key{e.user, e.item, e.type, *e.time}, e), true;
              })
          .ok());
  EXPECT_EQ(events, reference.events);
  std::set<std::string> users;
  ASSERT_TRUE(store.for_each_user("t", [&](User& u) { return users.insert(u.id), true; }).ok());
  EXPECT_EQ(users, reference.users);
  const StoreCounts counts = *store.counts("t");
  EXPECT_EQ(counts.items, items.size());
  EXPECT_EQ(counts.users, users.size());
  EXPECT_EQ(counts.events, events.size());
}

TEST(Store, DoesWhatAMapDoes) {
  const FaultyDisk disk(FaultyDisk::Memory::none);  // no syncs
  TestFolder folder;
  auto store = open(folder.path());
  Reference reference;
  Random random(17);
  const auto name = [&](const char* kind) { return kind + std::to_string(random.below(8)); };
  for (int step = 0; step < 1500; ++step) {
    switch (random.below(6)) {
      case 0: {
        std::vector<Item> items;
        for (int i = 0; i < 3; ++i) {
          items.push_back(random_item(random));
          items.back().id = name("i");
          reference.items[items.back().id] = items.back();
        }
        ASSERT_TRUE(store->put_items("t", items).ok());
        break;
      }
      case 1: {
        const std::string id = name("i");
        EXPECT_EQ(*store->delete_item("t", id), reference.items.erase(id) == 1);
        break;
      }
      case 2: {
        const std::string id = name("u");
        EXPECT_EQ(*store->delete_user("t", id), reference.users.erase(id) == 1);
        std::erase_if(reference.events, [&](const auto& e) { return e.second.user == id; });
        break;
      }
      case 3: {
        if (random.below(20) == 0) store.reset(), store = open(folder.path());
        break;
      }
      default: {
        std::vector<Event> events;
        for (int i = 0; i < 5; ++i) {
          Event e = random_event(random);
          e.user = name("u");
          e.item = name("i");
          e.type = name("t");
          e.time = static_cast<double>(random.below(4));
          reference.users.insert(e.user);
          reference.events[{e.user, e.item, e.type, *e.time}] = e;
          events.push_back(std::move(e));
        }
        ASSERT_TRUE(store->put_events("t", events, 0).ok());
      }
    }
    if (step % 100 == 99) expect_equal(*store, reference);
  }
}

}  // namespace
}  // namespace penchant

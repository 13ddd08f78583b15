// Many threads on one store: each sees its own writes at once, readers see whole writes only, and
// writers share syncs of the disk.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/test_folder.h"
#include "store/store.h"
#include "store/test_faulty_disk.h"

namespace penchant {
namespace {

std::vector<Event> pair_of_events(int writer, int step) {
  std::vector<Event> events(2);
  for (size_t i = 0; i < 2; ++i) {
    events[i].user = fmt::format("w{}", writer);
    events[i].item = i == 0 ? "left" : "right";
    events[i].type = "view";
    events[i].time = step;
  }
  return events;
}

TEST(StoreThreads, WritersSeeTheirWritesAndReadersSeeWholeOnes) {
  TestFolder folder;
  auto store = *Store::open(folder.path());
  constexpr int writers = 4, steps = 40;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int w = 0; w < writers; ++w)
    threads.emplace_back([&, w] {
      for (int k = 0; k < steps; ++k) {
        EXPECT_TRUE(store->put_events("t", pair_of_events(w, k), 0).ok());
        const auto mine = store->user_events("t", fmt::format("w{}", w), 1000);
        EXPECT_TRUE(mine.ok());
        if (mine.ok()) {
          EXPECT_EQ(mine->size(), 2u * static_cast<size_t>(k + 1));
        }
      }
    });
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r)
    readers.emplace_back([&] {
      while (!stop) {
        size_t left = 0, right = 0;
        EXPECT_TRUE(store
                        ->for_each_event("t",
                                         [&](Event& e) {
                                           ++(e.item == "left" ? left : right);
                                           return true;
                                         })
                        .ok());
        EXPECT_EQ(left, right);
        const auto counts = store->counts("t");
        EXPECT_TRUE(counts.ok());
        if (counts.ok()) {
          EXPECT_EQ(counts->events % 2, 0u);
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  stop = true;
  for (std::thread& thread : readers) thread.join();
  EXPECT_EQ(store->counts("t")->events, 2u * writers * steps);
}

TEST(StoreThreads, WritersTogetherShareSyncs) {
  TestFolder folder;
  FaultyDisk disk;
  auto store = *Store::open(folder.path());
  constexpr int writers = 8, steps = 25;
  const uint64_t before = disk.syncs();
  std::vector<std::thread> threads;
  for (int w = 0; w < writers; ++w)
    threads.emplace_back([&, w] {
      for (int k = 0; k < steps; ++k)
        EXPECT_TRUE(store->put_events("t", pair_of_events(w, k), 0).ok());
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(disk.syncs() - before, static_cast<uint64_t>(writers * steps));
  EXPECT_GE(disk.syncs() - before, static_cast<uint64_t>(steps));
  EXPECT_EQ(store->counts("t")->events, 2u * writers * steps);
}

// One call that cannot succeed, together with others that can.
TEST(StoreThreads, AWriteThatFailsLeavesTheOthersAlone) {
  TestFolder folder;
  FaultyDisk disk;
  auto store = *Store::open(folder.path());
  std::atomic<int> refused{0};
  disk.fail_at(40, false, false);
  std::vector<std::thread> threads;
  std::vector<std::vector<bool>> accepted(6, std::vector<bool>(20, false));
  for (size_t w = 0; w < accepted.size(); ++w)
    threads.emplace_back([&, w] {
      for (size_t k = 0; k < accepted[w].size(); ++k) {
        accepted[w][k] =
            store->put_events("t", pair_of_events(static_cast<int>(w), static_cast<int>(k)), 0)
                .ok();
        refused += accepted[w][k] ? 0 : 1;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(refused, 1);
  for (size_t w = 0; w < accepted.size(); ++w) {
    const auto events = *store->user_events("t", fmt::format("w{}", w), 1000);
    size_t wanted = 0;
    for (const bool ok : accepted[w]) wanted += ok ? 2 : 0;
    EXPECT_EQ(events.size(), wanted);
  }
}

}  // namespace
}  // namespace penchant

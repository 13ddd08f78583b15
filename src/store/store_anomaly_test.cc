// Disks that fail, fill up or lose their power, and processes that are killed: whatever a write
// call accepted is there afterwards, and whatever it refused is there wholly or not at all.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/test_folder.h"
#include "store/store.h"
#include "store/test_faulty_disk.h"
#include "store/test_sink.h"

namespace penchant {
namespace {

constexpr int steps = 14;
constexpr int records = 4;

// Step k of a life: records that only this step writes. Long texts, so that steps touch many pages.
Result<> write_step(Store& store, int k) {
  std::vector<Event> events(records);
  std::vector<Item> items(records);
  for (int i = 0; i < records; ++i) {
    const size_t at = static_cast<size_t>(i);
    items[at].id = fmt::format("i{}-{}", k, i);
    items[at].text.assign(3000, static_cast<char>('a' + k));
    events[at].user = fmt::format("u{}", k % 3);
    events[at].item = items[at].id;
    events[at].type = "view";
    events[at].time = k;
  }
  return k % 2 == 0 ? store.put_items("t", items) : store.put_events("t", events, 0);
}

// How many records of step k are there.
int count_step(Store& store, int k) {
  int count = 0;
  if (k % 2 == 0) {
    for (int i = 0; i < records; ++i) count += store.item("t", fmt::format("i{}-{}", k, i)).ok();
    return count;
  }
  const auto events = store.user_events("t", fmt::format("u{}", k % 3), 1000);
  CHECK(events.ok(), events.error().message);
  for (const Event& event : *events) count += event.time == k;
  return count;
}

struct Life {
  std::vector<bool> accepted = std::vector<bool>(steps, false);
  int refused = 0;
};

Life live(const Path& folder, bool full) {
  Life life;
  auto store = Store::open(folder);
  if (!store.ok()) return life;
  for (int k = 0; k < steps; ++k) {
    const Result<> written = write_step(**store, k);
    life.accepted[static_cast<size_t>(k)] = written.ok();
    if (written.ok()) continue;
    ++life.refused;
    if (full) {
      EXPECT_EQ(written.error().code, Code::exhausted) << written.error().message;
    }
  }
  return life;
}

void expect_nothing_lost(const Path& folder, const Life& life, const std::string& when) {
  auto store = Store::open(folder);
  ASSERT_TRUE(store.ok()) << when << ": " << store.error().message;
  for (int k = 0; k < steps; ++k) {
    const int count = count_step(**store, k);
    if (life.accepted[static_cast<size_t>(k)]) {
      EXPECT_EQ(count, records) << when << ", step " << k;
    } else {
      EXPECT_TRUE(count == 0 || count == records) << when << ", step " << k << ": " << count;
    }
    EXPECT_TRUE(write_step(**store, k).ok()) << when << ", step " << k;
    EXPECT_EQ(count_step(**store, k), records);
  }
}

// Fails change n of the disk for n = 1, 2, 3, ... until a whole life passes without a failure.
void fail_everywhere(bool lasting, bool full, bool power_cut) {
  Random random(23);
  FaultyDisk disk;
  for (uint64_t n = 1;; ++n) {
    TestFolder folder;
    const uint64_t before = disk.changes();
    disk.fail_at(n, lasting, full);
    const Life life = live(folder.path(), full);
    const bool failed = disk.changes() - before >= n;
    disk.fail_at(0, false, false);
    if (power_cut) disk.crash(random);
    if (!lasting) {
      EXPECT_LE(life.refused, 1) << n;
    }
    expect_nothing_lost(folder.path(), life, fmt::format("change {}", n));
    if (testing::Test::HasFailure()) return;
    if (!failed) {
      EXPECT_GT(n, 50u);
      return;
    }
  }
}

TEST(StoreAnomalySlow, OneFailedWriteLosesNothing) { fail_everywhere(false, false, false); }
TEST(StoreAnomalySlow, AFullDiskForAMomentLosesNothing) { fail_everywhere(false, true, false); }
TEST(StoreAnomalySlow, ADiskThatStaysFullLosesNothing) { fail_everywhere(true, true, false); }
TEST(StoreAnomalySlow, APowerCutLosesNothing) { fail_everywhere(true, false, true); }

TEST(StoreAnomalySlow, AFullDiskIsSaidAndReadingGoesOn) {
  TestFolder folder;
  FaultyDisk disk;
  auto store = *Store::open(folder.path());
  ASSERT_TRUE(write_step(*store, 0).ok());
  disk.fail_at(1, true, true);
  const Result<> refused = write_step(*store, 1);
  EXPECT_EQ(refused.error().code, Code::exhausted);
  EXPECT_EQ(refused.error().message, fmt::format("cannot write to data folder {}: the disk is full",
                                                 folder.path().string()));
  EXPECT_EQ(count_step(*store, 0), records);
  EXPECT_EQ(count_step(*store, 1), 0);
  disk.fail_at(0, false, false);
  EXPECT_TRUE(write_step(*store, 1).ok());
  EXPECT_EQ(count_step(*store, 1), records);
}

// A child writes and tells what was accepted; it is killed in the middle of it.
TEST(StoreAnomalySlow, AKilledProcessKeepsWhatWasAccepted) {
  Random random(29);
  for (int round = 0; round < 10; ++round) {
    TestFolder folder;
    int channel[2];
    ASSERT_EQ(::pipe(channel), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = Store::open(folder.path());
      for (int k = 0; store.ok(); ++k) {
        Event event;
        event.user = "u";
        event.item = "i";
        event.type = "view";
        event.time = k;
        if (!(*store)->put_events("t", std::span(&event, 1), 0).ok()) break;
        if (::write(channel[1], &k, sizeof k) != sizeof k) break;
      }
      ::_exit(1);
    }
    ::close(channel[1]);
    const int last_wanted = static_cast<int>(random.below(60));
    int accepted = -1;
    while (accepted < last_wanted)
      ASSERT_EQ(::read(channel[0], &accepted, sizeof accepted),
                static_cast<ssize_t>(sizeof accepted));
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    for (int k; ::read(channel[0], &k, sizeof k) == static_cast<ssize_t>(sizeof k);) accepted = k;
    ::close(channel[0]);

    auto store = *Store::open(folder.path());
    const std::vector<Event> events = *store->user_events("t", "u", 100'000);
    ASSERT_GE(static_cast<int>(events.size()), accepted + 1);
    for (size_t k = 0; k < events.size(); ++k) EXPECT_EQ(events[k].time, static_cast<double>(k));
  }
}

// The import of a file is killed somewhere; importing it again completes it.
TEST(StoreAnomalySlow, AKilledImportIsCompletedByAnother) {
  TestFolder folder;
  const Path ratings = folder.path() / "ratings.dat";
  constexpr uint64_t count = 60'000;
  {
    std::ofstream out(ratings);
    for (uint64_t i = 0; i < count; ++i)
      out << fmt::format("{}::{}::{}::{}\n", i / 100, i % 997, i % 5 + 1, 900'000'000 + i);
  }
  int channel[2];
  ASSERT_EQ(::pipe(channel), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    struct Telling : StoreSink {
      using StoreSink::StoreSink;
      Result<> events(std::span<const Event> more) override {
        TRY(StoreSink::events(more));
        return ::write(channel, "x", 1) == 1 ? Result<>() : Result<>(invalid("nobody listens"));
      }
      int channel = -1;
    };
    auto store = Store::open(folder.path() / "shop");
    if (!store.ok()) ::_exit(1);
    Telling sink(**store, "t");
    sink.channel = channel[1];
    ::_exit(import_files(std::span(&ratings, 1), {}, sink).ok() ? 0 : 1);
  }
  ::close(channel[1]);
  char batches[2];
  for (char& batch : batches) ASSERT_EQ(::read(channel[0], &batch, 1), 1);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(channel[0]);

  auto store = *Store::open(folder.path() / "shop");
  EXPECT_GE(store->counts("t")->events, 20'000u);
  StoreSink sink(*store, "t");
  ASSERT_TRUE(import_files(std::span(&ratings, 1), {}, sink).ok());
  EXPECT_EQ(store->counts("t")->events, count);
  EXPECT_EQ(store->counts("t")->users, count / 100);
}

}  // namespace
}  // namespace penchant

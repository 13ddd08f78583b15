// The real data sets, where they are: whole counts, and importing again changes nothing.
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "store/import.h"
#include "store/test_faulty_disk.h"
#include "store/test_sink.h"

namespace penchant {
namespace {

struct DataSet {
  const char* folder;
  uint64_t items, users, events;
  uint64_t stored;  // events that differ in user, item, type and time
};

// As the folders' own descriptions count them. Days instead of times (senate-trades), months
// (lastfm's tags) and seconds with several events of one kind (deskdrop) make some events the same.
constexpr DataSet data_sets[] = {
    {"amazon14-beauty", 12'101, 0, 198'502, 198'502},
    {"amazon18-scientific", 4'344, 0, 58'492, 58'492},
    {"amazon18-minionerec-industrial", 3'686, 0, 22'743, 22'743},
    {"coursera-courses", 1'000, 0, 0, 0},
    {"deskdrop-events", 2'987, 0, 72'313, 70'029},
    {"douban-books", 1'200, 0, 63'725, 63'724},
    {"douban-movies", 1'200, 0, 52'670, 52'670},
    {"etf-descriptions", 2'606, 0, 0, 0},
    {"lastfm-hetrec2011", 17'632, 0, 279'313, 177'849},
    {"movielens-100k", 1'682, 943, 100'000, 100'000},
    {"movielens-latest-small", 9'125, 0, 101'300, 101'251},
    {"senate-trades", 1'007, 0, 6'239, 5'671},
    {"movielens-100k/original", 1'682, 943, 100'000, 100'000},
    {"movielens-latest-small/original", 9'125, 0, 101'251, 101'251},
    {"movielens-1m/original", 3'883, 6'040, 0, 0},
};

TEST(ImportDataSlow, EverySetComesInWholeAndAgainChangesNothing) {
  if (test_data().empty()) GTEST_SKIP() << no_test_data;
  const FaultyDisk disk(FaultyDisk::Memory::none);  // no syncs
  for (const DataSet& set : data_sets) {
    SCOPED_TRACE(set.folder);
    TestFolder folder;
    auto store = *Store::open(folder.path());
    for (int round = 0; round < 2; ++round) {
      StoreSink sink(*store, "t");
      sink.now += round;
      const Path path = test_data() / set.folder;
      const auto summary = import_files(std::span(&path, 1), {}, sink);
      ASSERT_TRUE(summary.ok()) << summary.error().message;
      EXPECT_EQ(summary->items, set.items);
      EXPECT_EQ(summary->users, set.users);
      EXPECT_EQ(summary->events, set.events);
      EXPECT_EQ(summary->bad_lines, 0u) << sink.bad[0];
      const StoreCounts counts = *store->counts("t");
      EXPECT_EQ(counts.items, set.items);
      EXPECT_EQ(counts.events, set.stored);
    }
  }
}

}  // namespace
}  // namespace penchant

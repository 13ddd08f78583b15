#include "base/barrier.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/threads.h"

namespace penchant {
namespace {

TEST(SpinBarrier, LetsNobodyPassBeforeAllHaveCome) {
  constexpr size_t threads = 4, rounds = 500;
  ThreadPool pool(threads);
  SpinBarrier barrier(threads);
  std::vector<size_t> counts(threads);  // unguarded: the barrier alone orders reads and writes
  std::vector<size_t> wrong(threads);
  pool.parallel_for(threads, [&](size_t me, int) {
    for (size_t round = 1; round <= rounds; ++round) {
      counts[me] = round;
      barrier.wait();
      for (const size_t count : counts) wrong[me] += count != round;
      barrier.wait();
    }
  });
  EXPECT_EQ(wrong, std::vector<size_t>(threads));
}

}  // namespace
}  // namespace penchant

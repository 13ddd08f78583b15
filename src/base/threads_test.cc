#include "base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace penchant {
namespace {

TEST(ThreadPool, RunsEveryIndexOnceWhateverTheThreads) {
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    for (const size_t count : {size_t{0}, size_t{1}, size_t{7}, size_t{1000}}) {
      std::vector<std::atomic<int>> runs(count);
      pool.parallel_for(count, [&](size_t i, int worker) {
        ASSERT_LT(worker, threads);
        ++runs[i];
      });
      for (const auto& n : runs) ASSERT_EQ(n, 1);
    }
  }
}

TEST(ThreadPool, ServesSeveralCallersAtOnce) {
  ThreadPool pool(3);
  std::atomic<int> total{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) pool.parallel_for(20, [&](size_t, int) { ++total; });
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(total, 4 * 50 * 20);
}

}  // namespace
}  // namespace penchant

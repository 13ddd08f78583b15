#include "app/worker_pool.h"

#include <gtest/gtest.h>

namespace penchant {
namespace {

// Tasks that wait until they may end, and count themselves.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  int running = 0, done = 0;

  static void pass(void* context) {
    Gate& gate = *static_cast<Gate*>(context);
    std::unique_lock lock(gate.mutex);
    ++gate.running;
    gate.changed.notify_all();
    gate.changed.wait(lock, [&] { return gate.open; });
    ++gate.done;
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return running == count; });
  }
  void let_pass() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
};

TEST(WorkerPool, RunsAsManyTasksAtOnceAsItHasThreadsAndRefusesBeyondItsQueue) {
  for (const size_t queue_max : {0, 2}) {
    const auto gate = std::make_shared<Gate>();
    WorkerPool pool(3, queue_max);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.submit({gate, Gate::pass}));
    gate->wait_for(3);
    for (size_t i = 0; i < queue_max; ++i) EXPECT_TRUE(pool.submit({gate, Gate::pass}));
    EXPECT_FALSE(pool.submit({gate, Gate::pass}));
    gate->let_pass();
    pool.finish();
    EXPECT_EQ(gate->done, 3 + static_cast<int>(queue_max));
    EXPECT_FALSE(pool.submit({gate, Gate::pass}));
  }
}

TEST(WorkerPool, GivesIdleThreadsTheNextTasks) {
  const auto gate = std::make_shared<Gate>();
  gate->open = true;
  WorkerPool pool(2, 1'000);
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(pool.submit({gate, Gate::pass}));
  pool.finish();
  EXPECT_EQ(gate->done, 1'000);
}

}  // namespace
}  // namespace penchant

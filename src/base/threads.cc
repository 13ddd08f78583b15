#include "base/threads.h"

#include <sched.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.h"

namespace penchant {

// std::mutex rather than our annotated one: condition_variable needs it, and the whole protocol is
// on this page. A loop is published by raising `generation`; workers pull indices until none are
// left; the caller leaves when every worker has acknowledged the generation.
struct ThreadPool::State {
  std::mutex turn;  // one loop at a time
  std::mutex mutex;
  std::condition_variable start, done;
  uint64_t generation = 0;
  int running = 0;
  bool stopping = false;
  void (*call)(const void*, size_t, int) = nullptr;
  const void* body = nullptr;
  size_t count = 0;
  std::atomic<size_t> next{0};
  std::vector<std::thread> workers;

  void pull(int worker) {
    for (size_t i; (i = next.fetch_add(1)) < count;) call(body, i, worker);
  }

  void work(int worker) {
    uint64_t seen = 0;
    std::unique_lock lock(mutex);
    while (true) {
      start.wait(lock, [&] { return stopping || generation != seen; });
      if (stopping) return;
      seen = generation;
      lock.unlock();
      pull(worker);
      lock.lock();
      if (--running == 0) done.notify_one();
    }
  }
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>()) {
  CHECK(threads >= 1, "a thread pool has at least one thread");
  for (int worker = 1; worker < threads; ++worker)
    state_->workers.emplace_back([state = state_.get(), worker] { state->work(worker); });
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->start.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

int ThreadPool::threads() const { return static_cast<int>(state_->workers.size()) + 1; }

void ThreadPool::run(size_t count, void (*call)(const void*, size_t, int), const void* body) {
  State& state = *state_;
  std::lock_guard turn(state.turn);
  if (state.workers.empty() || count <= 1) {
    for (size_t i = 0; i < count; ++i) call(body, i, 0);
    return;
  }
  {
    std::lock_guard lock(state.mutex);
    state.call = call;
    state.body = body;
    state.count = count;
    state.next = 0;
    state.running = static_cast<int>(state.workers.size());
    ++state.generation;
  }
  state.start.notify_all();
  state.pull(0);
  std::unique_lock lock(state.mutex);
  state.done.wait(lock, [&] { return state.running == 0; });
}

int hardware_threads() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

}  // namespace penchant

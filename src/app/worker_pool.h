// Threads for work that waits (for the disk, for the encoder), behind a queue of bounded length. A
// thread is started when there is a task and no idle one, and then stays.
// Thread-safety: safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace penchant {

class WorkerPool {
 public:
  struct Task {
    std::shared_ptr<void> context;
    void (*run)(void* context);
  };

  // `queue_max`: tasks beyond the `threads` that run at once.
  WorkerPool(int threads, size_t queue_max)
      : threads_max_(static_cast<size_t>(threads)), queue_max_(queue_max) {}
  ~WorkerPool() { finish(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full: say so to the caller now instead of letting it wait.
  bool submit(Task task);
  // Runs what is queued, takes nothing more, and returns when all is done.
  void finish();

 private:
  void work();
  bool has_thread_for_queue();

  const size_t threads_max_, queue_max_;
  std::mutex mutex_;  // std::mutex, as condition_variable wants it
  std::condition_variable ready_;
  std::deque<Task> queue_;
  size_t idle_ = 0;  // threads without a task
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace penchant

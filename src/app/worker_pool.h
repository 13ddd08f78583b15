// Threads for work that waits (for the disk, for the encoder), behind a queue of bounded length.
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

  WorkerPool(int threads, size_t queue_max);
  ~WorkerPool() { finish(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full: say so to the caller now instead of letting it wait.
  bool submit(Task task);
  // Runs what is queued, takes nothing more, and returns when all is done.
  void finish();

 private:
  void work();

  const size_t queue_max_;
  std::mutex mutex_;  // std::mutex, as condition_variable wants it
  std::condition_variable ready_;
  std::deque<Task> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace penchant

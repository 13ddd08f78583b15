#include "app/worker_pool.h"

#include <system_error>

namespace penchant {

void WorkerPool::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool WorkerPool::submit(Task task) {
  {
    const std::lock_guard lock(mutex_);
    const size_t free = idle_ + threads_max_ - threads_.size();
    if (stopping_ || queue_.size() >= queue_max_ + free) return false;
    queue_.push_back(std::move(task));
    if (!has_thread_for_queue()) {
      queue_.pop_back();
      return false;
    }
  }
  ready_.notify_one();
  return true;
}

// Where the machine has no more threads, those there are take their turns.
bool WorkerPool::has_thread_for_queue() {
  if (queue_.size() <= idle_ || threads_.size() == threads_max_) return true;
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    return !threads_.empty();
  }
  ++idle_;  // until it takes a task
  return true;
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    --idle_;
    {
      const Task task = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      task.run(task.context.get());
    }
    lock.lock();
    ++idle_;
  }
}

}  // namespace penchant

// A fixed pool of worker threads for data-parallel loops. The number of threads is an argument; the
// result of a loop must not depend on it.
// Thread-safety: parallel_for may be called from several threads at once (the calls take turns); it
// must not be called from inside a body it runs.
#pragma once

#include <cstddef>
#include <memory>

namespace penchant {

class ThreadPool {
 public:
  explicit ThreadPool(int threads);  // >= 1; the calling thread is one of them
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  // Runs body(i, worker) once for every i in [0, count), each on some worker in [0, threads()),
  // and returns when all are done. `worker` lets a body use scratch of its own.
  template <class Body>
  void parallel_for(size_t count, const Body& body) {
    run(
        count, [](const void* b, size_t i, int w) { (*static_cast<const Body*>(b))(i, w); }, &body);
  }

 private:
  void run(size_t count, void (*call)(const void*, size_t, int), const void* body);

  struct State;
  std::unique_ptr<State> state_;
};

int hardware_threads();  // at least 1; respects the process's CPU affinity

}  // namespace penchant

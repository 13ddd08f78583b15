// Where threads that compute parts of one thing wait for each other, many times in a millisecond:
// it spins, and lets others run when that lasts.
// Thread-safety: safe; `count` threads call wait() equally often.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>

namespace penchant {

class SpinBarrier {
 public:
  explicit SpinBarrier(size_t count) : count_(count) {}

  // Returns when all have called it; what they wrote before is seen after.
  void wait() {
    const uint32_t phase = phase_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == count_) {
      arrived_.store(0, std::memory_order_relaxed);
      phase_.store(phase + 1, std::memory_order_release);
      return;
    }
    for (int spins = 0; phase_.load(std::memory_order_acquire) == phase; ++spins) {
      if (spins < spins_max) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
      } else {
        std::this_thread::yield();
      }
    }
  }

 private:
  static constexpr int spins_max = 2000;  // tens of microseconds

  const size_t count_;
  std::atomic<size_t> arrived_{0};
  std::atomic<uint32_t> phase_{0};
};

}  // namespace penchant

// The current version of an immutable snapshot: readers take it, a writer swaps in the next one.
// A lock held for the copy of a pointer; std::atomic<std::shared_ptr> of GCC 12 does the same with
// a spin bit that its load releases without ordering (a race by the letter).
// Thread-safety: safe.
#pragma once

#include <memory>
#include <utility>

#include "base/mutex.h"

namespace penchant {

template <class T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> first) : current_(std::move(first)) {}

  std::shared_ptr<const T> load() const {
    MutexLock lock(mutex_);
    return current_;
  }
  void store(std::shared_ptr<const T> next) {
    MutexLock lock(mutex_);
    current_.swap(next);  // the old one is let go outside the lock
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const T> current_ GUARDED_BY(mutex_);
};

}  // namespace penchant

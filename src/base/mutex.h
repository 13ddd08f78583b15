// std::mutex with clang's thread-safety annotations: members say GUARDED_BY(mutex_), and the clang
// preset refuses code that touches them without the lock.
#pragma once

#include <condition_variable>
#include <mutex>
#include <shared_mutex>

#if defined(__clang__)
#define PENCHANT_ATTRIBUTE(x) __attribute__((x))
#else
#define PENCHANT_ATTRIBUTE(x)
#endif
#define CAPABILITY(x) PENCHANT_ATTRIBUTE(capability(x))
#define SCOPED_CAPABILITY PENCHANT_ATTRIBUTE(scoped_lockable)
#define GUARDED_BY(x) PENCHANT_ATTRIBUTE(guarded_by(x))
#define REQUIRES(...) PENCHANT_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define REQUIRES_SHARED(...) PENCHANT_ATTRIBUTE(requires_shared_capability(__VA_ARGS__))
#define ACQUIRE(...) PENCHANT_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define ACQUIRE_SHARED(...) PENCHANT_ATTRIBUTE(acquire_shared_capability(__VA_ARGS__))
#define RELEASE(...) PENCHANT_ATTRIBUTE(release_capability(__VA_ARGS__))
#define RELEASE_GENERIC(...) PENCHANT_ATTRIBUTE(release_generic_capability(__VA_ARGS__))
#define EXCLUDES(...) PENCHANT_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace penchant {

class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

class CAPABILITY("shared_mutex") SharedMutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }
  void lock_shared() ACQUIRE_SHARED() { mutex_.lock_shared(); }
  void unlock_shared() RELEASE_GENERIC() { mutex_.unlock_shared(); }

 private:
  std::shared_mutex mutex_;
};

class SCOPED_CAPABILITY ReadLock {
 public:
  explicit ReadLock(SharedMutex& mutex) ACQUIRE_SHARED(mutex) : mutex_(mutex) {
    mutex_.lock_shared();
  }
  ~ReadLock() RELEASE_GENERIC() { mutex_.unlock_shared(); }
  ReadLock(const ReadLock&) = delete;
  ReadLock& operator=(const ReadLock&) = delete;

 private:
  SharedMutex& mutex_;
};

class SCOPED_CAPABILITY WriteLock {
 public:
  explicit WriteLock(SharedMutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~WriteLock() RELEASE() { mutex_.unlock(); }
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;

 private:
  SharedMutex& mutex_;
};

}  // namespace penchant

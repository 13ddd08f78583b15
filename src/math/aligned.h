// Scratch memory on cache-line boundaries that grows and is never copied: room(n) is undefined
// contents for n values. Thread-safety: one thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace penchant {

template <class T>
class AlignedBuffer {
 public:
  static_assert(std::is_trivial_v<T>);

  T* room(size_t n) {
    if (n > size_) {
      memory_.reset(static_cast<T*>(::operator new(n * sizeof(T), alignment)));
      size_ = n;
    }
    return memory_.get();
  }
  T* data() { return memory_.get(); }
  const T* data() const { return memory_.get(); }

 private:
  static constexpr std::align_val_t alignment{64};
  struct Free {
    void operator()(T* p) const { ::operator delete(p, alignment); }
  };
  std::unique_ptr<T, Free> memory_;
  size_t size_ = 0;
};

}  // namespace penchant

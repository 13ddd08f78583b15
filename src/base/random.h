// A small deterministic generator (SplitMix64, Steele et al. 2014): the same seed gives the same
// numbers on every machine, unlike the distributions of <random>.
// Thread-safety: one thread at a time.
#pragma once

#include <cstdint>

namespace penchant {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  uint64_t below(uint64_t limit) {  // [0, limit), limit >= 1; bias below 2^-32 for small limits
    return static_cast<uint64_t>(static_cast<Wide>(next()) * limit >> 64);
  }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }  // [0, 1)

 private:
  __extension__ using Wide = unsigned __int128;
  uint64_t state_;
};

}  // namespace penchant

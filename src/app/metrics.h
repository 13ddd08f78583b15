// Counters of the server in Prometheus' text format: requests by operation and status, latency
// histograms by operation, connections, sizes of the data, memory of the process.
// Thread-safety: safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/mutex.h"

namespace penchant {

class Metrics {
 public:
  // `operation` is one of a small fixed set of names.
  void count(std::string_view operation, int status, double seconds);

  // `status` is Engine::status(); `connections` how many are open.
  std::string text(const json::object& status, size_t connections) const;

 private:
  // Upper bounds in seconds; the last bucket has none.
  static constexpr std::array bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                        0.1,   0.25,   0.5,   1.0,  2.5,   10.0};
  struct Histogram {
    std::array<uint64_t, bounds.size() + 1> buckets{};
    uint64_t count = 0;
    double sum = 0;
  };

  mutable Mutex mutex_;
  std::map<std::pair<std::string, int>, uint64_t> requests_ GUARDED_BY(mutex_);
  std::map<std::string, Histogram, std::less<>> latencies_ GUARDED_BY(mutex_);
};

uint64_t resident_bytes();  // of this process; 0 where the system does not tell

}  // namespace penchant

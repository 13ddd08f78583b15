#include "app/metrics.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iterator>

#include "app/version.h"

namespace penchant {

namespace {

void header(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void gauge(std::string& out, std::string_view name, std::string_view help, double value) {
  header(out, name, "gauge", help);
  fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
}

}  // namespace

void Metrics::count(std::string_view operation, int status, double seconds) {
  const auto bucket =
      static_cast<size_t>(std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin());
  MutexLock lock(mutex_);
  ++requests_[{std::string(operation), status}];
  auto found = latencies_.find(operation);
  if (found == latencies_.end()) found = latencies_.emplace(operation, Histogram()).first;
  ++found->second.buckets[bucket];
  ++found->second.count;
  found->second.sum += seconds;
}

std::string Metrics::text(const json::object& status, size_t connections) const {
  std::string out;
  const auto add = std::back_inserter(out);
  MutexLock lock(mutex_);
  header(out, "penchant_requests_total", "counter", "Answered requests.");
  for (const auto& [key, count] : requests_)
    fmt::format_to(add, "penchant_requests_total{{operation=\"{}\",status=\"{}\"}} {}\n", key.first,
                   key.second, count);
  header(out, "penchant_request_seconds", "histogram", "From the whole request to its answer.");
  for (const auto& [operation, histogram] : latencies_) {
    uint64_t below = 0;
    for (size_t i = 0; i < histogram.buckets.size(); ++i) {
      below += histogram.buckets[i];
      fmt::format_to(add, "penchant_request_seconds_bucket{{operation=\"{}\",le=\"{}\"}} {}\n",
                     operation, i < bounds.size() ? fmt::format("{}", bounds[i]) : "+Inf", below);
    }
    fmt::format_to(add,
                   "penchant_request_seconds_sum{{operation=\"{0}\"}} {1}\n"
                   "penchant_request_seconds_count{{operation=\"{0}\"}} {2}\n",
                   operation, histogram.sum, histogram.count);
  }
  gauge(out, "penchant_connections", "Open connections.", double(connections));
  for (const std::string_view name : {"items", "users", "events"})
    if (const json::value* value = status.if_contains(name); value != nullptr && value->is_number())
      gauge(out, fmt::format("penchant_{}", name),
            fmt::format("Stored {} of the tenant \"default\".", name), value->to_number<double>());
  gauge(out, "process_resident_memory_bytes", "Resident memory.", double(resident_bytes()));
  header(out, "process_cpu_seconds_total", "counter", "Processor time of all threads.");
  fmt::format_to(add, "process_cpu_seconds_total {}\n", double(std::clock()) / CLOCKS_PER_SEC);
  header(out, "penchant_build_info", "gauge", "The version, as a label.");
  fmt::format_to(add, "penchant_build_info{{version=\"{}\"}} 1\n", program_version());
  return out;
}

uint64_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long size = 0, resident = 0;  // in pages
  const int read = std::fscanf(file, "%lu %lu", &size, &resident);
  std::fclose(file);
  return read == 2 ? resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace penchant

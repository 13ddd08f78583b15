#include "math/kernels.h"

#include <atomic>
#include <cmath>

namespace penchant {

namespace {

#if defined(__x86_64__)
bool runs_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("fma");
}
bool runs_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif

std::vector<const Kernels*> runnable() {
  std::vector<const Kernels*> tables;
#if defined(__x86_64__)
  if (runs_avx512()) tables.push_back(&kernels_avx512);
  if (runs_avx2()) tables.push_back(&kernels_avx2);
#endif
  tables.push_back(&kernels_portable);
  return tables;
}

std::atomic<const Kernels*>& chosen() {
  static std::atomic<const Kernels*> table{runnable().front()};
  return table;
}

}  // namespace

const Kernels& kernels() { return *chosen().load(std::memory_order_relaxed); }

std::vector<std::string_view> kernel_names() {
  std::vector<std::string_view> names;
  for (const Kernels* table : runnable()) names.emplace_back(table->name);
  return names;
}

bool set_kernels(std::string_view name) {
  for (const Kernels* table : runnable())
    if (table->name == name) {
      chosen() = table;
      return true;
    }
  return false;
}

float normalise(std::span<float> x) {
  const float length = std::sqrt(dot(x, x));
  if (!(length > 1e-30f)) {
    for (float& value : x) value = 0;
    return 0;
  }
  scale(1 / length, x);
  return length;
}

}  // namespace penchant

#include "math/products.h"

#include <algorithm>
#include <atomic>

#include "math/kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace penchant {

namespace {

#if defined(__x86_64__)

// Features that __builtin_cpu_supports of GCC 12 has no names for.
struct Leaf7 {
  unsigned b = 0, c = 0, d = 0, sub1_a = 0;
  Leaf7() {
    unsigned a = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || a == 0) return;
    unsigned ignored = 0;
    __get_cpuid_count(7, 1, &sub1_a, &ignored, &ignored, &ignored);
  }
  bool avxvnni() const { return (sub1_a & 1u << 4) != 0; }
  bool avx512bf16() const { return (sub1_a & 1u << 5) != 0; }
  bool avx512fp16() const { return (d & 1u << 23) != 0; }
  bool amx() const {  // tiles, bytes and bfloat16
    constexpr unsigned all = 1u << 22 | 1u << 24 | 1u << 25;
    return (d & all) == all;
  }
};

// Tile data is a large piece of state that Linux hands out on request only.
bool system_grants_tiles() {
  constexpr int request_permission = 0x1023, tile_data = 18;
  return ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

std::vector<const Products*> runnable() {
  std::vector<const Products*> tables;
  const Leaf7 leaf;
  const std::vector<std::string_view> vectors = kernel_names();  // the same flags
  const bool avx2 = std::ranges::count(vectors, "avx2") > 0;
  const bool avx512 = std::ranges::count(vectors, "avx512") > 0;
  const bool bf16 = avx512 && leaf.avx512bf16();
  if (bf16 && leaf.avx512fp16() && leaf.amx() && system_grants_tiles())
    tables.push_back(&products_amx);
  if (bf16) tables.push_back(&products_avx512bf16);
  if (avx512) tables.push_back(&products_avx512);
  if (avx2 && leaf.avxvnni()) tables.push_back(&products_avxvnni);
  if (avx2) tables.push_back(&products_avx2);
  tables.push_back(&products_portable);
  return tables;
}

#else

std::vector<const Products*> runnable() { return {&products_portable}; }

#endif

const std::vector<const Products*>& tables() {
  static const std::vector<const Products*> found = runnable();
  return found;
}

std::atomic<const Products*>& chosen() {
  static std::atomic<const Products*> table{tables().front()};
  return table;
}

}  // namespace

const Products& products() { return *chosen().load(std::memory_order_relaxed); }

std::vector<std::string_view> product_names() {
  std::vector<std::string_view> names;
  for (const Products* table : tables()) names.emplace_back(table->name);
  return names;
}

bool set_products(std::string_view name) {
  for (const Products* table : tables())
    if (table->name == name) {
      chosen() = table;
      return true;
    }
  return false;
}

bool set_processor(std::string_view name) {
  if (!set_products(name)) return false;
  set_kernels(name == "portable"                            ? "portable"
              : name.starts_with("avx512") || name == "amx" ? "avx512"
                                                            : "avx2");
  return true;
}

}  // namespace penchant

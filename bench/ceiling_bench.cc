// What this machine can do at most, for bench/ceiling.py and bench/encoder.py:
//   ceiling_bench          one JSON object a line, on one thread and on all
//   ceiling_bench --short  without the products
// {"kind":"peak"}: arithmetic on registers alone. {"kind":"product"}: y[m, n] = x[m, k] W^T at the
// shapes of an encoder with 384 hidden values, by oneDNN (fp32; int8 with 32-bit sums) and by
// Penchant (the same with bias and, for int8, scales). {"kind":"memory"}: reading one large buffer.
// "per_second" counts a multiplication and an addition as two operations, or bytes.
//
// Each thread works for `burst` at a time on memory of its own; a round adds up what all threads
// did, and the best round counts. Bursts are short so that some fall between other programs' turns.
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "base/random.h"
#include "base/threads.h"
#include "math/kernels.h"
#include "math/matmul.h"
#include "math/products.h"

namespace penchant {
namespace {

constexpr int rounds = 40;
constexpr double burst = 0.002;  // seconds

double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

// libdnnl brings OpenMP along: each of our threads is to be one.
void hold_library_to_one_thread() {
  const auto set = reinterpret_cast<void (*)(int)>(::dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (set != nullptr) set(1);
}

// `make(thread)` gives a function that does one piece of work and returns its size.
template <class Make>
double best_rate(int threads, const Make& make) {
  std::barrier together(threads);
  std::vector<std::vector<double>> rates(static_cast<size_t>(threads), std::vector<double>(rounds));
  const auto run = [&](int thread) {
    hold_library_to_one_thread();
    auto work = make(thread);
    work();
    for (int round = 0; round < rounds; ++round) {
      together.arrive_and_wait();
      double done = 0, seconds = 0;
      for (const double start = now(); seconds < burst; seconds = now() - start) done += work();
      rates[static_cast<size_t>(thread)][static_cast<size_t>(round)] = done / seconds;
    }
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(run, thread);
  run(0);
  for (std::thread& other : others) other.join();
  double best = 0;
  for (size_t round = 0; round < rounds; ++round) {
    double sum = 0;
    for (const auto& rate : rates) sum += rate[round];
    best = std::max(best, sum);
  }
  return best;
}

std::vector<int> thread_counts() {
  if (hardware_threads() == 1) return {1};
  return {1, hardware_threads()};
}

void print(json::object line) {
  fmt::print("{}\n", to_text(line));
  std::fflush(stdout);
}

template <class Make>
void print_best(const json::object& line, const Make& make) {
  for (const int threads : thread_counts()) {
    json::object out = line;
    out["threads"] = threads;
    out["per_second"] = best_rate(threads, make);
    print(std::move(out));
  }
}

// ---- arithmetic on registers ----

#if defined(__x86_64__)

// Each loop: independent sums enough to hide the latency, `times` rounds of them.

void add_products_avx2(size_t times) {  // 12 of 8 floats
  asm volatile(
      ".irp i,0,1,2,3,4,5,6,7,8,9,10,11,12,13\n"
      "vxorps %%ymm\\i, %%ymm\\i, %%ymm\\i\n"
      ".endr\n"
      "1:\n"
      ".irp i,0,1,2,3,4,5,6,7,8,9,10,11\n"
      "vfmadd231ps %%ymm12, %%ymm13, %%ymm\\i\n"
      ".endr\n"
      "dec %0\n"
      "jnz 1b\n"
      "vzeroupper\n"
      : "+r"(times)
      :
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
        "xmm10", "xmm11", "xmm12", "xmm13");
}

void add_products_avx512(size_t times) {  // 12 of 16 floats
  asm volatile(
      ".irp i,0,1,2,3,4,5,6,7,8,9,10,11,12,13\n"
      "vpxord %%zmm\\i, %%zmm\\i, %%zmm\\i\n"
      ".endr\n"
      "1:\n"
      ".irp i,0,1,2,3,4,5,6,7,8,9,10,11\n"
      "vfmadd231ps %%zmm12, %%zmm13, %%zmm\\i\n"
      ".endr\n"
      "dec %0\n"
      "jnz 1b\n"
      "vzeroupper\n"
      : "+r"(times)
      :
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
        "xmm10", "xmm11", "xmm12", "xmm13");
}

void add_products_vnni(size_t times) {  // 12 of 64 bytes
  asm volatile(
      ".irp i,0,1,2,3,4,5,6,7,8,9,10,11,12,13\n"
      "vpxord %%zmm\\i, %%zmm\\i, %%zmm\\i\n"
      ".endr\n"
      "1:\n"
      ".irp i,0,1,2,3,4,5,6,7,8,9,10,11\n"
      "vpdpbusd %%zmm12, %%zmm13, %%zmm\\i\n"
      ".endr\n"
      "dec %0\n"
      "jnz 1b\n"
      "vzeroupper\n"
      : "+r"(times)
      :
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
        "xmm10", "xmm11", "xmm12", "xmm13");
}

struct TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

void add_products_tiles_int8(size_t times) {  // 4 of 16 x 16 x 64 bytes
  const TileConfig config;
  asm volatile(
      "ldtilecfg %1\n"
      ".irp i,0,1,2,3,4,5,6,7\n"
      "tilezero %%tmm\\i\n"
      ".endr\n"
      "1:\n"
      "tdpbssd %%tmm6, %%tmm4, %%tmm0\n"
      "tdpbssd %%tmm7, %%tmm4, %%tmm1\n"
      "tdpbssd %%tmm6, %%tmm5, %%tmm2\n"
      "tdpbssd %%tmm7, %%tmm5, %%tmm3\n"
      "dec %0\n"
      "jnz 1b\n"
      "tilerelease\n"
      : "+r"(times)
      : "m"(config)
      : "cc");
}

void add_products_tiles_bf16(size_t times) {  // 4 of 16 x 16 x 32 values
  const TileConfig config;
  asm volatile(
      "ldtilecfg %1\n"
      ".irp i,0,1,2,3,4,5,6,7\n"
      "tilezero %%tmm\\i\n"
      ".endr\n"
      "1:\n"
      "tdpbf16ps %%tmm6, %%tmm4, %%tmm0\n"
      "tdpbf16ps %%tmm7, %%tmm4, %%tmm1\n"
      "tdpbf16ps %%tmm6, %%tmm5, %%tmm2\n"
      "tdpbf16ps %%tmm7, %%tmm5, %%tmm3\n"
      "dec %0\n"
      "jnz 1b\n"
      "tilerelease\n"
      : "+r"(times)
      : "m"(config)
      : "cc");
}

struct Peak {
  const char* what;
  const char* how;
  bool runs;
  void (*loop)(size_t times);
  double operations;  // of a round
};

void measure_peaks() {
  const bool has_tiles = product_names().front() == "amx";
  const bool avx512 = __builtin_cpu_supports("avx512f");
  const Peak peaks[] = {
      {"fp32", "AVX2", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"),
       add_products_avx2, 12 * 8 * 2},
      {"fp32", "AVX-512", avx512, add_products_avx512, 12 * 16 * 2},
      {"int8", "AVX-512 VNNI", avx512 && __builtin_cpu_supports("avx512vnni"), add_products_vnni,
       12 * 64 * 2},
      {"bf16", "AMX", has_tiles, add_products_tiles_bf16, 4 * 16 * 16 * 32 * 2},
      {"int8", "AMX", has_tiles, add_products_tiles_int8, 4 * 16 * 16 * 64 * 2}};
  for (const Peak& peak : peaks) {
    if (!peak.runs) continue;
    print_best({{"kind", "peak"}, {"what", peak.what}, {"how", peak.how}}, [&](int) {
      return [&] {
        constexpr size_t times = 10'000;
        peak.loop(times);
        return peak.operations * times;
      };
    });
  }
}

#else

void measure_peaks() {}

#endif

// ---- products ----

struct Shape {
  size_t m, n, k;
  double operations() const { return 2.0 * static_cast<double>(m * n * k); }
};

std::vector<float> random_floats(size_t n) {
  Random dice(n);
  std::vector<float> out(n);
  for (float& value : out) value = static_cast<float>(dice.uniform() - 0.5);
  return out;
}

json::object product(std::string_view what, std::string_view how, const Shape& s) {
  return {{"kind", "product"}, {"what", what}, {"how", how}, {"m", s.m}, {"n", s.n}, {"k", s.k}};
}

// Every byte of the operands is 0x3c: a small float, a small integer.
class LibraryProduct {
 public:
  LibraryProduct(const Shape& s, dnnl::memory::data_type type, dnnl::memory::data_type sums)
      : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_), operations_(s.operations()) {
    using Tag = dnnl::memory::format_tag;
    const auto m = static_cast<dnnl_dim_t>(s.m), n = static_cast<dnnl_dim_t>(s.n);
    const auto k = static_cast<dnnl_dim_t>(s.k);
    const dnnl::matmul::primitive_desc description(
        {{{m, k}, type, Tag::ab}, {{k, n}, type, Tag::any}, {{m, n}, sums, Tag::ab}}, engine_);
    product_ = dnnl::matmul(description);
    for (const auto& [argument, layout] : {std::pair(DNNL_ARG_SRC, description.src_desc()),
                                           std::pair(DNNL_ARG_WEIGHTS, description.weights_desc()),
                                           std::pair(DNNL_ARG_DST, description.dst_desc())}) {
      const dnnl::memory memory(layout, engine_);
      std::fill_n(static_cast<uint8_t*>(memory.get_data_handle()), layout.get_size(), 0x3c);
      operands_.emplace(argument, memory);
    }
  }
  double operator()() {
    product_.execute(stream_, operands_);
    stream_.wait();
    return operations_;
  }

 private:
  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::matmul product_;
  std::unordered_map<int, dnnl::memory> operands_;
  double operations_;
};

void measure_library(const Shape& s) {
  using Type = dnnl::memory::data_type;
  print_best(product("fp32", "oneDNN", s),
             [&](int) { return LibraryProduct(s, Type::f32, Type::f32); });
  print_best(product("bf16", "oneDNN", s),
             [&](int) { return LibraryProduct(s, Type::bf16, Type::f32); });
  print_best(product("int8", "oneDNN", s),
             [&](int) { return LibraryProduct(s, Type::s8, Type::s32); });
}

void measure_penchant(const Shape& s) {
  const auto weights = random_floats(s.n * s.k), x = random_floats(s.m * s.k);
  const std::vector<float> bias(s.n);
  const FloatLinear floats(weights, s.n, s.k, bias);
  print_best(product("fp32", fmt::format("penchant {}", kernels().name), s), [&](int) {
    return [&, y = std::vector<float>(s.m * s.n)]() mutable {
      floats.run(x.data(), s.k, s.m, y.data(), s.n);
      return s.operations();
    };
  });
  for (const Number number : {Number::bytes, Number::halves}) {
    const char* what = number == Number::bytes ? "int8" : "bf16";
    if (number == Number::halves && products().halves == nullptr) continue;
    const PackedLinear linear(weights, s.n, s.k, bias, number);
    print_best(product(what, fmt::format("penchant {}", products().name), s), [&](int) {
      PackedRows rows;
      rows.reshape(s.m, s.k, number);
      for (size_t row = 0; row < s.m; ++row) rows.set(row, x.data() + row * s.k);
      return [&, rows = std::move(rows), y = std::vector<float>(s.m * s.n),
              memory = PackedWork()]() mutable {
        linear.run(rows, 0, s.m, y.data(), s.n, memory);
        return s.operations();
      };
    });
  }
}

void measure_products() {
  constexpr size_t hidden = 384, wide = 1536;
  for (const size_t m : {32, 128, 512})
    for (const auto& [n, k] : {std::pair(3 * hidden, hidden), std::pair(hidden, hidden),
                               std::pair(wide, hidden), std::pair(hidden, wide)}) {
      measure_library({m, n, k});
      measure_penchant({m, n, k});
    }
}

// ---- memory ----

uint64_t sum_of(const uint64_t* words, size_t count) {
  uint64_t sum[8] = {};
  for (size_t i = 0; i + 8 <= count; i += 8)
    for (size_t lane = 0; lane < 8; ++lane) sum[lane] += words[i + lane];
  return sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
}

// Larger than any cache; each thread goes round its own part, a piece at a time.
void measure_memory() {
  const std::vector<uint64_t> words(size_t{1} << 27, 1);
  for (const int threads : thread_counts()) {
    const size_t part = words.size() / static_cast<size_t>(threads);
    std::vector<uint64_t> sums(static_cast<size_t>(threads) * 8);
    const double rate = best_rate(threads, [&](int thread) {
      const uint64_t* begin = words.data() + part * static_cast<size_t>(thread);
      uint64_t& sum = sums[static_cast<size_t>(thread) * 8];
      return [&sum, begin, part, at = size_t{0}]() mutable {
        const size_t piece = size_t{1} << 17;
        if (at + piece > part) at = 0;
        sum += sum_of(begin + at, piece);
        at += piece;
        return static_cast<double>(piece * sizeof(uint64_t));
      };
    });
    uint64_t checksum = 0;
    for (const uint64_t sum : sums) checksum += sum;
    print({{"kind", "memory"}, {"threads", threads}, {"per_second", rate}, {"checksum", checksum}});
  }
}

}  // namespace
}  // namespace penchant

int main(int argc, char** argv) {
  const bool is_short = argc == 2 && std::string_view(argv[1]) == "--short";
  if (argc != 1 && !is_short) {
    fmt::print(stderr, "usage: ceiling_bench [--short]\n");
    return 2;
  }
  penchant::measure_peaks();
  penchant::measure_memory();
  if (!is_short) penchant::measure_products();
  return 0;
}

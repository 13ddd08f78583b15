// Byte products on oneDNN 2.6, the only file that knows the library. Its rules, each measured:
// sizes must be fixed (a run-time M falls to a path 8 times slower), so there is one primitive for
// each of four M and a shorter block is computed to the next; sums come out as they are, since
// scales given at run time fall to the slow path too; weights are reordered once into the layout
// the library asks for; its OpenMP is held to the calling thread.
#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>

#include "base/check.h"
#include "math/matmul_backend.h"

namespace penchant {

namespace {

using Type = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;
using Dims = dnnl::memory::dims;

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

// libdnnl brings libgomp along; we run it on one thread of our own pool at a time and leave the
// caller's setting as it was.
class OneThread {
 public:
  OneThread() {
    if (functions().set == nullptr) return;
    before_ = functions().get();
    functions().set(1);
  }
  ~OneThread() {
    if (functions().set != nullptr) functions().set(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  struct Functions {
    void (*set)(int);
    int (*get)();
  };
  static const Functions& functions() {
    static const Functions found = [] {
      const auto set =
          reinterpret_cast<void (*)(int)>(::dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
      const auto get = reinterpret_cast<int (*)()>(::dlsym(RTLD_DEFAULT, "omp_get_max_threads"));
      return get != nullptr ? Functions{set, get} : Functions{nullptr, nullptr};
    }();
    return found;
  }
  int before_ = 1;
};

constexpr size_t buckets[] = {1, 16, 32, 64};

class OneDnnProduct final : public SumProduct {
 public:
  // Throws dnnl::error, caught in make().
  explicit OneDnnProduct(const ByteWeights& weights) : SumProduct(weights) {
    const OneThread one;
    const auto n = static_cast<dnnl_dim_t>(weights.n), k = static_cast<dnnl_dim_t>(weights.k);
    dnnl::memory::desc layout({k, n}, Type::s8, Tag::any);
    for (size_t i = std::size(buckets); i-- > 0;) {  // the largest decides the layout
      descriptions_[i] = describe(static_cast<dnnl_dim_t>(buckets[i]), layout);
      if (i + 1 == std::size(buckets)) layout = descriptions_[i]->weights_desc();
      products_[i] = dnnl::matmul(*descriptions_[i]);
    }
    dnnl::stream stream(engine());
    dnnl::memory rows({{k, n}, Type::s8, Dims{1, k}}, engine(), weights_.bytes.data());
    packed_ = dnnl::memory(layout, engine());
    dnnl::reorder(rows, packed_).execute(stream, rows, packed_);
    stream.wait();
    weights_.bytes = {};
  }

 private:
  dnnl::matmul::primitive_desc describe(dnnl_dim_t m, const dnnl::memory::desc& layout) const {
    const auto n = static_cast<dnnl_dim_t>(weights_.n), k = static_cast<dnnl_dim_t>(weights_.k);
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return {
        {{{m, k}, Type::s8, Tag::ab}, layout, {{m, n}, Type::s32, Tag::ab}}, attributes, engine()};
  }

  void sums(const int8_t* x, size_t m, int32_t* c, ByteWork& work) const override {
    const OneThread one;
    const size_t i = static_cast<size_t>(
        std::lower_bound(std::begin(buckets), std::end(buckets), m) - std::begin(buckets));
    const auto& description = *descriptions_[i];
    dnnl::stream stream(engine());
    const dnnl::memory rows(description.src_desc(), engine(), const_cast<int8_t*>(x));
    const dnnl::memory out(description.dst_desc(), engine(), c);
    const auto scratchpad = description.scratchpad_desc();
    const dnnl::memory scratch(scratchpad, engine(), work.library.room(scratchpad.get_size() + 1));
    products_[i].execute(stream, {{DNNL_ARG_SRC, rows},
                                  {DNNL_ARG_WEIGHTS, packed_},
                                  {DNNL_ARG_DST, out},
                                  {DNNL_ARG_SCRATCHPAD, scratch}});
    stream.wait();
  }

  std::optional<dnnl::matmul::primitive_desc> descriptions_[std::size(buckets)];
  dnnl::matmul products_[std::size(buckets)];
  dnnl::memory packed_;
};

std::unique_ptr<const ByteProduct> make(const ByteWeights& weights) {
  try {
    return std::make_unique<OneDnnProduct>(weights);
  } catch (const dnnl::error&) {
    return nullptr;
  }
}

// Without VNNI the library multiplies by vpmaddubsw, which saturates: 7 bits of weight stay exact.
bool has_vnni() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

bool has_avx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2");
#else
  return false;
#endif
}

}  // namespace

const ByteBackend byte_backend_onednn = {"onednn", 127, has_vnni, make};
const ByteBackend byte_backend_onednn_7bit = {"onednn-7bit", 63, has_avx2, make};

}  // namespace penchant

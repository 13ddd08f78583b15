#include "math/matmul.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "math/kernels.h"
#include "math/matmul_backend.h"

namespace penchant {

size_t packed_size(const Kernels& table, size_t k, size_t n) {
  return (n + table.panel - 1) / table.panel * table.panel * k;
}

void pack(const Kernels& table, const float* b, size_t row_stride, size_t column_stride, size_t k,
          size_t n, float* packed) {
  for (size_t column = 0; column < n; column += table.panel) {
    const size_t columns = std::min(table.panel, n - column);
    for (size_t i = 0; i < k; ++i, packed += table.panel) {
      const float* from = b + i * row_stride + column * column_stride;
      for (size_t j = 0; j < columns; ++j) packed[j] = from[j * column_stride];
      std::fill(packed + columns, packed + table.panel, 0.0f);
    }
  }
}

FloatLinear::FloatLinear(std::span<const float> weights, size_t n, size_t k,
                         std::span<const float> bias)
    : table_(&kernels()),
      n_(n),
      k_(k),
      packed_(packed_size(*table_, k, n)),
      bias_(bias.begin(), bias.end()) {
  CHECK(weights.size() == n * k, "weights are [n, k]");
  CHECK(bias.empty() || bias.size() == n, "bias is [n]");
  pack(*table_, weights.data(), 1, k, k, n, packed_.data());
}

void FloatLinear::run(const float* x, size_t x_stride, size_t m, float* y, size_t y_stride) const {
  table_->matmul(x, x_stride, packed_.data(), bias_.empty() ? nullptr : bias_.data(), m, k_, n_, y,
                 y_stride);
}

// ---- bytes ----

void ByteRows::reshape(size_t rows, size_t k, bool tiled) {
  const size_t room = (rows + 31) / 32 * 32;
  k_ = k;
  chunks_ = (k + 63) / 64;
  tiled_ = tiled;
  // The last block may be read up to 64 rows.
  const size_t bytes = (room + 32) * chunks_ * 64;
  int8_t* data = bytes_.room(bytes);
  if (k % 64 != 0) std::memset(data, 0, bytes);
  steps_.room(room + 32);
}

int8_t* ByteRows::at(size_t row) {
  if (!tiled_) return bytes_.data() + row * chunks_ * 64;
  return bytes_.data() + row / 16 * 16 * chunks_ * 64 + row % 16 * 64;
}

void ByteRows::set(size_t row, const float* x) {
  steps_.data()[row] = kernels().quantise_chunks(x, k_, at(row), chunk_stride());
}

namespace {

// Symmetric, one scale for each output.
ByteWeights quantise_weights(std::span<const float> weights, size_t n, size_t k,
                             std::span<const float> bias, int weight_max) {
  ByteWeights result;
  result.n = n;
  result.k = (k + 63) / 64 * 64;
  result.bytes.resize(n * result.k);
  result.scales.resize(n);
  result.bias.assign(bias.begin(), bias.end());
  result.bias.resize(n);
  for (size_t row = 0; row < n; ++row) {
    const auto from = weights.subspan(row * k, k);
    float top = 0;
    for (const float value : from) top = std::max(top, std::fabs(value));
    const auto steps = static_cast<float>(weight_max);
    result.scales[row] = top / steps;
    const float inverse = top > 0 ? steps / top : 0;
    for (size_t i = 0; i < k; ++i)
      result.bytes[row * result.k + i] = static_cast<int8_t>(std::lrint(from[i] * inverse));
  }
  return result;
}

std::vector<const ByteBackend*> runnable_backends() {
  std::vector<const ByteBackend*> backends;
  for (const ByteBackend* backend : {&byte_backend_tiles, &byte_backend_onednn,
                                     &byte_backend_onednn_7bit, &byte_backend_portable})
    if (backend->runs()) backends.push_back(backend);
  return backends;
}

std::atomic<const ByteBackend*>& chosen_backend() {
  static std::atomic<const ByteBackend*> backend{runnable_backends().front()};
  return backend;
}

std::unique_ptr<const ByteProduct> make_product(std::span<const float> weights, size_t n, size_t k,
                                                std::span<const float> bias) {
  bool reached = false;
  for (const ByteBackend* backend : runnable_backends()) {
    reached = reached || backend == chosen_backend().load();
    if (!reached) continue;
    auto product = backend->make(quantise_weights(weights, n, k, bias, backend->weight_max));
    if (product != nullptr) return product;
  }
  CHECK(false, "the portable backend takes every shape");
  return nullptr;
}

}  // namespace

ByteLinear::ByteLinear(std::span<const float> weights, size_t n, size_t k,
                       std::span<const float> bias) {
  CHECK(weights.size() == n * k, "weights are [n, k]");
  CHECK(bias.empty() || bias.size() == n, "bias is [n]");
  product_ = make_product(weights, n, k, bias);
}

ByteLinear::ByteLinear(ByteLinear&&) noexcept = default;
ByteLinear& ByteLinear::operator=(ByteLinear&&) noexcept = default;
ByteLinear::~ByteLinear() = default;

bool ByteLinear::tiled() const { return product_->tiled(); }

void ByteLinear::run(const ByteRows& x, size_t first, size_t m, float* y, size_t y_stride,
                     ByteWork& work) const {
  product_->run(x, first, m, false, y, y_stride, work);
}

void ByteLinear::run_add(const ByteRows& x, size_t first, size_t m, float* y, size_t y_stride,
                         ByteWork& work) const {
  product_->run(x, first, m, true, y, y_stride, work);
}

void ByteLinear::run_gelu(const ByteRows& x, size_t first, size_t m, ByteRows& out,
                          ByteWork& work) const {
  product_->run_gelu(x, first, m, out, work);
}

std::vector<std::string_view> byte_backend_names() {
  std::vector<std::string_view> names;
  for (const ByteBackend* backend : runnable_backends()) names.push_back(backend->name);
  return names;
}

bool set_byte_backend(std::string_view name) {
  for (const ByteBackend* backend : runnable_backends())
    if (backend->name == name) {
      chosen_backend() = backend;
      return true;
    }
  return false;
}

std::string_view byte_backend_name() { return chosen_backend().load()->name; }

// ---- backends that give sums ----

void SumProduct::run(const ByteRows& x, size_t first, size_t m, bool add, float* y, size_t y_stride,
                     ByteWork& work) const {
  const size_t n = weights_.n;
  const auto finish = add ? kernels().dequantise_add : kernels().dequantise;
  int32_t* c = work.sums.room(rows_max * n);
  for (size_t row = 0; row < m; row += rows_max) {
    const size_t rows = std::min(rows_max, m - row);
    sums(x.at(first + row), rows, c, work);
    for (size_t r = 0; r < rows; ++r)
      finish(c + r * n, n, x.steps()[first + row + r], weights_.scales.data(), weights_.bias.data(),
             y + (row + r) * y_stride);
  }
}

void SumProduct::run_gelu(const ByteRows& x, size_t first, size_t m, ByteRows& out,
                          ByteWork& work) const {
  const size_t n = weights_.n;
  int32_t* c = work.sums.room(rows_max * n);
  float* y = work.floats.room(n);
  for (size_t row = 0; row < m; row += rows_max) {
    const size_t rows = std::min(rows_max, m - row);
    sums(x.at(first + row), rows, c, work);
    for (size_t r = 0; r < rows; ++r) {
      kernels().dequantise_gelu(c + r * n, n, x.steps()[first + row + r], weights_.scales.data(),
                                weights_.bias.data(), y);
      out.set(row + r, y);
    }
  }
}

}  // namespace penchant

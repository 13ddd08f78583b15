#include "math/matmul.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/check.h"
#include "math/kernels.h"
#include "math/products.h"

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

// ---- packed ----

namespace {

size_t filled(size_t n) { return (n + 63) / 64 * 64; }
size_t packed_bytes(size_t k, Number number) {
  return filled(k) * (number == Number::bytes ? 1 : 2);
}

// Symmetric bytes of a row of weights; its scale.
float round_weights(std::span<const float> row, int weight_max, int8_t* out) {
  float top = 0;
  for (const float value : row) top = std::max(top, std::fabs(value));
  const auto steps = static_cast<float>(weight_max);
  const float inverse = top > 0 ? steps / top : 0;
  for (size_t i = 0; i < row.size(); ++i)
    out[i] = static_cast<int8_t>(std::lrint(row[i] * inverse));
  return top / steps;
}

}  // namespace

void PackedRows::reshape(size_t rows, size_t k, Number number) {
  k_ = k;
  number_ = number;
  row_bytes_ = packed_bytes(k, number);
  // Products read up to 31 rows behind the last, and every byte up to row_bytes.
  const size_t bytes = (rows + 31) * row_bytes_;
  uint8_t* data = data_.room(bytes);
  if (number == Number::halves && row_bytes_ != k * 2) std::memset(data, 0, bytes);
  steps_.room(rows + 31);
}

void PackedRows::set(size_t row, const float* x, const float* factors) {
  CHECK(factors == nullptr || number_ == Number::bytes, "factors are for bytes");
  if (number_ == Number::bytes)
    steps_.data()[row] = kernels().quantise_unsigned(x, factors, k_, at(row));
  else
    kernels().to_halves(x, k_, reinterpret_cast<uint16_t*>(at(row)));
}

PackedLinear::PackedLinear(std::span<const float> weights, size_t n, size_t k,
                           std::span<const float> bias, Number number, int zero)
    : products_(&products()),
      table_(number == Number::bytes ? &products_->bytes : products_->halves),
      n_(n),
      filled_(filled(n)),
      row_bytes_(packed_bytes(k, number)),
      offsets_(filled_),
      scales_(filled_),
      bias_(bias.begin(), bias.end()) {
  CHECK(weights.size() == n * k, "weights are [n, k]");
  CHECK(bias.empty() || bias.size() == n, "bias is [n]");
  CHECK(table_ != nullptr, "this processor multiplies bfloat16");
  bias_.resize(filled_);
  uint8_t* packed = weights_.room(filled_ * row_bytes_);
  std::vector<uint8_t> row(row_bytes_);
  for (size_t output = 0; output < filled_; ++output) {
    std::fill(row.begin(), row.end(), uint8_t{0});
    if (output < n) {
      const auto from = weights.subspan(output * k, k);
      if (number == Number::bytes) {
        auto* bytes = reinterpret_cast<int8_t*>(row.data());
        scales_[output] = round_weights(from, products_->weight_max, bytes);
        offsets_[output] = -zero * std::accumulate(bytes, bytes + k, 0);
      } else {
        kernels().to_halves(from.data(), k, reinterpret_cast<uint16_t*>(row.data()));
      }
    }
    // Panels of 16 outputs, [row bytes / 4][16][4].
    uint8_t* to = packed + output / 16 * 16 * row_bytes_ + output % 16 * 4;
    for (size_t i = 0; i < row_bytes_; i += 4) std::memcpy(to + i * 16, row.data() + i, 4);
  }
}

ProductOperands PackedLinear::operands(const PackedRows& x, size_t first, size_t m,
                                       PackedWork& work) const {
  return {x.at(first),
          x.steps() + first,
          weights_.data(),
          offsets_.data(),
          scales_.data(),
          bias_.data(),
          m,
          row_bytes_,
          filled_,
          work.partial.room(32 * filled_)};
}

void PackedLinear::run(const PackedRows& x, size_t first, size_t m, float* y, size_t y_stride,
                       PackedWork& work) const {
  table_->floats(operands(x, first, m, work), y, y_stride, n_);
}

void PackedLinear::run_add(const PackedRows& x, size_t first, size_t m, float* y, size_t y_stride,
                           PackedWork& work) const {
  table_->add(operands(x, first, m, work), y, y_stride, n_);
}

void PackedLinear::run_halves(const PackedRows& x, size_t first, size_t m, uint16_t* y,
                              size_t y_stride, PackedWork& work) const {
  table_->halves(operands(x, first, m, work), y, y_stride);
}

void PackedLinear::run_gelu(const PackedRows& x, size_t first, size_t m, PackedRows& out,
                            PackedWork& work) const {
  table_->gelu(operands(x, first, m, work),
               {out.at(0), out.row_bytes(), out.steps(), work.values.room(m * filled_),
                work.tops.room(m * 32)});
}

}  // namespace penchant

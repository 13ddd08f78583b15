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

constexpr size_t panel_outputs = 16;

size_t filled(size_t n) { return (n + 63) / 64 * 64; }
size_t packed_bytes(size_t k, Number number) {
  return filled(k) * (number == Number::bytes ? 1 : 2);
}

// A panel of 16 outputs, [row bytes / 4][16][4]; outputs behind the last are zeros, and so are
// bytes behind the `bytes` of a row.
void put_panel(std::span<const uint8_t* const> rows, size_t bytes, size_t row_bytes, uint8_t* to) {
  const size_t whole = bytes / 4;
  if (rows.size() < panel_outputs || whole * 4 < row_bytes)
    std::memset(to, 0, panel_outputs * row_bytes);
  for (size_t i = 0; i < whole; ++i)
    for (size_t r = 0; r < rows.size(); ++r)
      std::memcpy(to + (i * panel_outputs + r) * 4, rows[r] + i * 4, 4);
  for (size_t r = 0; r < rows.size() && whole * 4 < bytes; ++r)
    std::memcpy(to + (whole * panel_outputs + r) * 4, rows[r] + whole * 4, bytes - whole * 4);
}

}  // namespace

float round_weights(std::span<const float> weights, int top, int8_t* bytes) {
  float largest = 0;
  for (const float value : weights) largest = std::max(largest, std::fabs(value));
  const auto steps = static_cast<float>(top);
  const float inverse = largest > 0 ? steps / largest : 0;
  for (size_t i = 0; i < weights.size(); ++i)
    bytes[i] = static_cast<int8_t>(std::lrint(weights[i] * inverse));
  return largest / steps;
}

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

PackedLinear::PackedLinear(size_t n, size_t k, std::span<const float> bias, Number number)
    : products_(&products()),
      table_(number == Number::bytes ? &products_->bytes : products_->halves),
      n_(n),
      filled_(filled(n)),
      row_bytes_(packed_bytes(k, number)),
      offsets_(filled_),
      scales_(filled_),
      bias_(bias.begin(), bias.end()) {
  CHECK(bias.empty() || bias.size() == n, "bias is [n]");
  CHECK(table_ != nullptr, "this processor multiplies bfloat16");
  bias_.resize(filled_);
  weights_.room(filled_ * row_bytes_);
}

PackedLinear::PackedLinear(std::span<const float> weights, size_t n, size_t k,
                           std::span<const float> bias, Number number, int zero)
    : PackedLinear(n, k, bias, number) {
  CHECK(weights.size() == n * k, "weights are [n, k]");
  std::vector<uint8_t> rounded(panel_outputs * row_bytes_);
  for (size_t first = 0; first < filled_; first += panel_outputs) {
    const size_t count = std::min(panel_outputs, n - std::min(n, first));
    const int8_t* rows[panel_outputs];
    const uint8_t* halves[panel_outputs];
    for (size_t i = 0; i < count; ++i) {
      const auto from = weights.subspan((first + i) * k, k);
      uint8_t* to = rounded.data() + i * row_bytes_;
      rows[i] = reinterpret_cast<const int8_t*>(to);
      halves[i] = to;
      if (number == Number::bytes)
        scales_[first + i] =
            round_weights(from, products_->weight_max, reinterpret_cast<int8_t*>(to));
      else
        kernels().to_halves(from.data(), k, reinterpret_cast<uint16_t*>(to));
    }
    if (number == Number::bytes)
      put_bytes(first, {rows, count}, k, zero);
    else
      put_panel({halves, count}, 2 * k, row_bytes_, weights_.data() + first * row_bytes_);
  }
}

PackedLinear::PackedLinear(std::span<const int8_t* const> rows, std::span<const float> scales,
                           size_t k, std::span<const float> bias, int zero)
    : PackedLinear(rows.size(), k, bias, Number::bytes) {
  CHECK(scales.size() == rows.size(), "a scale for each output");
  std::ranges::copy(scales, scales_.begin());
  const bool rounds = products_->weight_max < 127;
  std::vector<int8_t> rounded(rounds ? panel_outputs * k : 0);
  std::vector<float> weights(rounds ? k : 0);
  for (size_t first = 0; first < filled_; first += panel_outputs) {
    const size_t count = std::min(panel_outputs, n_ - std::min(n_, first));
    const int8_t* panel[panel_outputs];
    for (size_t i = 0; i < count; ++i) {
      panel[i] = rows[first + i];
      if (!rounds) continue;
      std::copy_n(panel[i], k, weights.begin());
      scales_[first + i] *= round_weights(weights, products_->weight_max, &rounded[i * k]);
      panel[i] = &rounded[i * k];
    }
    put_bytes(first, {panel, count}, k, zero);
  }
}

// The outputs from `first` on, at most a panel of them.
void PackedLinear::put_bytes(size_t first, std::span<const int8_t* const> rows, size_t k,
                             int zero) {
  const uint8_t* bytes[panel_outputs];
  for (size_t i = 0; i < rows.size(); ++i) {
    offsets_[first + i] = -zero * std::accumulate(rows[i], rows[i] + k, 0);
    bytes[i] = reinterpret_cast<const uint8_t*>(rows[i]);
  }
  put_panel({bytes, rows.size()}, k, row_bytes_, weights_.data() + first * row_bytes_);
}

void PackedLinear::scale_outputs(size_t count, float factor) {
  CHECK(count <= n_ && table_ == &products_->bytes, "outputs of bytes");
  kernels().scale(factor, scales_.data(), count);
  kernels().scale(factor, bias_.data(), count);
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

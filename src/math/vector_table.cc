#include "math/vector_table.h"

#include <algorithm>
#include <cmath>

#include "math/kernels.h"

namespace penchant {

namespace {

// The scale at which rounding x to whole numbers in [-limit, limit] errs least: the largest value
// need not be reached. A row of zeros has 0.
float best_scale(std::span<const float> x, float limit) {
  float top = 0;
  for (const float value : x) top = std::max(top, std::abs(value));
  if (!(top > 1e-30f)) return 0;
  float best = top / limit, least = INFINITY;
  for (float share = 1; share > 0.5f; share -= 0.03f) {
    const float scale = share * top / limit;
    float error = 0;
    for (const float value : x) {
      const float e = value - scale * std::clamp(std::nearbyint(value / scale), -limit, limit);
      error += e * e;
    }
    if (error < least) least = error, best = scale;
  }
  return best;
}

// put(column, whole number); the scale
template <class Put>
float round_row(std::span<const float> x, float limit, const Put& put) {
  const float scale = best_scale(x, limit);
  for (size_t i = 0; i < x.size(); ++i)
    put(i,
        scale > 0 ? static_cast<int>(std::clamp(std::nearbyint(x[i] / scale), -limit, limit)) : 0);
  return scale;
}

}  // namespace

size_t VectorTable::rows() const {
  return std::visit([](const auto& table) { return table.rows; }, table_);
}

size_t VectorTable::cols() const {
  return std::visit([](const auto& table) { return table.cols; }, table_);
}

void VectorTable::add(size_t row, float weight, std::span<float> out) const {
  const size_t n = out.size();
  if (const auto* floats = std::get_if<Matrix>(&table_))
    kernels().axpy(weight, floats->row(row).data(), out.data(), n);
  else if (const auto* bytes = std::get_if<ByteTable>(&table_))
    kernels().axpy_bytes(weight, bytes->values.data() + row * n, out.data(), n);
  else if (const auto* nibbles = std::get_if<NibbleTable>(&table_))
    kernels().axpy_nibbles(weight, nibbles->values.data() + row * (n / 2), out.data(), n);
}

float round_to_bytes(std::span<const float> vector, int8_t* bytes) {
  return round_row(vector, 127,
                   [&](size_t i, int value) { bytes[i] = static_cast<int8_t>(value); });
}

Rounded<ByteTable> round_to_bytes(const Matrix& vectors) {
  ByteTable table{vectors.rows, vectors.cols, std::vector<int8_t>(vectors.rows * vectors.cols)};
  std::vector<float> scales;
  for (size_t row = 0; row < vectors.rows; ++row)
    scales.push_back(round_to_bytes(vectors.row(row), table.values.data() + row * table.cols));
  return {std::move(table), std::move(scales)};
}

Rounded<NibbleTable> round_to_nibbles(const Matrix& vectors) {
  CHECK(vectors.cols % 2 == 0, "an even number of dimensions");
  const size_t half = vectors.cols / 2;
  NibbleTable table{vectors.rows, vectors.cols, std::vector<uint8_t>(vectors.rows * half)};
  std::vector<float> scales;
  for (size_t row = 0; row < vectors.rows; ++row) {
    uint8_t* const bytes = table.values.data() + row * half;
    scales.push_back(round_row(vectors.row(row), 7, [&](size_t i, int value) {
      uint8_t& byte = bytes[i % half];
      byte = static_cast<uint8_t>(byte | (value + 8) << (i < half ? 0 : 4));
    }));
  }
  return {std::move(table), std::move(scales)};
}

}  // namespace penchant

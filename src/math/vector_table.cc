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

// put(row, column, whole number)
template <class Put>
std::vector<float> round_rows(const Matrix& vectors, float limit, const Put& put) {
  std::vector<float> scales;
  for (size_t row = 0; row < vectors.rows; ++row) {
    const auto x = vectors.row(row);
    const float scale = best_scale(x, limit);
    scales.push_back(scale);
    for (size_t i = 0; i < x.size(); ++i)
      put(row, i,
          scale > 0 ? static_cast<int>(std::clamp(std::nearbyint(x[i] / scale), -limit, limit))
                    : 0);
  }
  return scales;
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

Rounded<ByteTable> round_to_bytes(const Matrix& vectors) {
  ByteTable table{vectors.rows, vectors.cols, std::vector<int8_t>(vectors.rows * vectors.cols)};
  auto scales = round_rows(vectors, 127, [&](size_t row, size_t i, int value) {
    table.values[row * table.cols + i] = static_cast<int8_t>(value);
  });
  return {std::move(table), std::move(scales)};
}

Rounded<NibbleTable> round_to_nibbles(const Matrix& vectors) {
  CHECK(vectors.cols % 2 == 0, "an even number of dimensions");
  const size_t half = vectors.cols / 2;
  NibbleTable table{vectors.rows, vectors.cols, std::vector<uint8_t>(vectors.rows * half)};
  auto scales = round_rows(vectors, 7, [&](size_t row, size_t i, int value) {
    uint8_t& byte = table.values[row * half + i % half];
    byte = static_cast<uint8_t>(byte | (value + 8) << (i < half ? 0 : 4));
  });
  return {std::move(table), std::move(scales)};
}

}  // namespace penchant

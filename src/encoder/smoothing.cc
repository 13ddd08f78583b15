#include "encoder/smoothing.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace penchant {

Smoothing smoothing_of(std::span<const float> x, size_t columns) {
  CHECK(columns > 0 && x.size() % columns == 0, "x is [rows, columns]");
  std::vector<float> sizes(columns);
  for (size_t i = 0; i < x.size(); ++i)
    sizes[i % columns] = std::max(sizes[i % columns], std::fabs(x[i]));
  const float top = *std::ranges::max_element(sizes);
  Smoothing out{std::vector<float>(columns, 1), std::vector<float>(columns, 1)};
  if (!(top > 0) || !std::isfinite(top)) return out;
  for (size_t column = 0; column < columns; ++column) {
    out.weights[column] = std::sqrt(std::max(sizes[column], top / 1000));
    out.activations[column] = 1 / out.weights[column];
  }
  return out;
}

void multiply_columns(std::span<float> weights, std::span<const float> factors) {
  CHECK(weights.size() % factors.size() == 0, "weights are [outputs, columns]");
  for (size_t begin = 0; begin < weights.size(); begin += factors.size())
    for (size_t column = 0; column < factors.size(); ++column)
      weights[begin + column] *= factors[column];
}

}  // namespace penchant

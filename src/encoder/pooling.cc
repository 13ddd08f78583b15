#include "encoder/pooling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "math/kernels.h"

namespace penchant {

namespace {

// What a sum of the states is divided by.
float weights_of(Pooling pooling, float length) {
  if (pooling == Pooling::mean) return length;
  if (pooling == Pooling::mean_sqrt) return std::sqrt(length);
  return pooling == Pooling::weighted_mean ? length * (length + 1) / 2 : 1;
}

}  // namespace

void pool(Pooling pooling, std::span<const float> states, std::span<float> out) {
  const size_t H = out.size(), L = states.size() / H;
  const auto row = [&](size_t t) { return states.subspan(t * H, H); };
  const auto first = row(pooling == Pooling::last ? L - 1 : 0);
  std::copy(first.begin(), first.end(), out.begin());
  for (size_t t = 1; t < L; ++t) {
    if (pooling == Pooling::mean || pooling == Pooling::mean_sqrt)
      axpy(1, row(t), out);
    else if (pooling == Pooling::weighted_mean)
      axpy(static_cast<float>(t + 1), row(t), out);
    else if (pooling == Pooling::max)
      for (size_t i = 0; i < H; ++i) out[i] = std::max(out[i], row(t)[i]);
  }
  const float weights = weights_of(pooling, static_cast<float>(L));
  if (weights != 1) scale(1 / weights, out);
}

std::vector<float> pool_weights(Pooling pooling, size_t L) {
  std::vector<float> weights;
  for (size_t t = 0; t < L; ++t) {
    if (pooling == Pooling::mean || pooling == Pooling::mean_sqrt)
      weights.push_back(1);
    else if (pooling == Pooling::weighted_mean)
      weights.push_back(static_cast<float>(t + 1));
  }
  return weights;
}

Result<> shorten(Matrix& vectors, size_t dimensions, bool normalised) {
  if (dimensions > vectors.cols)
    return invalid(
        fmt::format("dimensions: {} is more than the model's {}", dimensions, vectors.cols));
  if (dimensions == 0 || dimensions == vectors.cols) return {};
  Matrix out(vectors.rows, dimensions);
  for (size_t i = 0; i < out.rows; ++i) {
    std::copy_n(vectors.row(i).begin(), dimensions, out.row(i).begin());
    if (normalised) normalise(out.row(i));
  }
  vectors = std::move(out);
  return {};
}

}  // namespace penchant

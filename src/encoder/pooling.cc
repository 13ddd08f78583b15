#include "encoder/pooling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "math/kernels.h"

namespace penchant {

namespace {

// Of the state at position t in the sum; a prompt that does not count shifts no positions.
float weight_at(Pooling pooling, size_t t) {
  return pooling == Pooling::weighted_mean ? static_cast<float>(t + 1) : 1;
}

// What the sum of the states from `begin` on is divided by.
float divisor(Pooling pooling, size_t begin, size_t L) {
  float sum = 0;
  for (size_t t = begin; t < L; ++t) sum += weight_at(pooling, t);
  return pooling == Pooling::mean_sqrt ? std::sqrt(sum) : sum;
}

}  // namespace

void pool(Pooling pooling, std::span<const float> states, size_t unpooled, std::span<float> out) {
  const size_t H = out.size(), L = states.size() / H;
  const auto copy = [&](size_t t) { std::ranges::copy(states.subspan(t * H, H), out.begin()); };
  if (pooling == Pooling::cls) return copy(unpooled < L ? unpooled : 0);
  std::ranges::fill(out, 0.0f);
  if (unpooled >= L) return;
  if (pooling == Pooling::last) return copy(L - 1);
  if (pooling == Pooling::max) {
    copy(unpooled);
    for (size_t t = unpooled + 1; t < L; ++t)
      for (size_t i = 0; i < H; ++i) out[i] = std::max(out[i], states[t * H + i]);
    return;
  }
  for (size_t t = unpooled; t < L; ++t) axpy(weight_at(pooling, t), states.subspan(t * H, H), out);
  scale(1 / divisor(pooling, unpooled, L), out);
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

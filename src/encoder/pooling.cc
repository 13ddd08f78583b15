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

// Of every column from `begin` on; the first of equal ones.
void keep_largest(Matrix& states, size_t begin) {
  for (size_t i = 0; i < states.cols; ++i) {
    size_t largest = begin;
    for (size_t t = begin + 1; t < states.rows; ++t)
      if (states.row(t)[i] > states.row(largest)[i]) largest = t;
    for (size_t t = begin; t < states.rows; ++t)
      if (t != largest) states.row(t)[i] = 0;
  }
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

bool split_pool(Pooling pooling, size_t unpooled, Matrix& states) {
  if (pooling == Pooling::cls || pooling == Pooling::last) return false;
  const size_t L = states.rows, begin = std::min(unpooled, L);
  std::ranges::fill(std::span(states.values).first(begin * states.cols), 0.0f);
  if (pooling == Pooling::max) {
    keep_largest(states, begin);
    return true;
  }
  const float whole = divisor(pooling, begin, L);
  for (size_t t = begin; t < L; ++t) scale(weight_at(pooling, t) / whole, states.row(t));
  return true;
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

// Hidden states of one text to its vector. Thread-safety: functions on values.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "encoder/model_config.h"
#include "math/matrix.h"

namespace penchant {

// out[H] from states[L, H], L >= 1, as sentence-transformers does: all tokens count, special ones
// too, but for the first `unpooled`. Where these are all, cls takes the first and the others give
// zero.
void pool(Pooling pooling, std::span<const float> states, size_t unpooled, std::span<float> out);

// Of each of L states in the sum that the vector is; none where it is no such sum.
std::vector<float> pool_weights(Pooling pooling, size_t L);

// The first `dimensions` numbers of each vector, again of length 1 if they are; 0: all. Models
// trained for it (Matryoshka) lose little. An error when there are fewer.
Result<> shorten(Matrix& vectors, size_t dimensions, bool normalised = true);

}  // namespace penchant

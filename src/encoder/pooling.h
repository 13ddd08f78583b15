// Hidden states of one text to its vector. Thread-safety: functions on values.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "encoder/model_config.h"
#include "math/matrix.h"

namespace penchant {

// out[H] from states[L, H], L >= 1, as sentence-transformers does: all tokens count, special ones
// too, but for the first `unpooled`. Where these are all, cls takes the first and the others give
// zero.
void pool(Pooling pooling, std::span<const float> states, size_t unpooled, std::span<float> out);

// Makes of states[L, H] what each brings to pool(): rows whose sum it is. What is not the largest
// of a column brings nothing to max. False for cls and last, which take one state.
bool split_pool(Pooling pooling, size_t unpooled, Matrix& states);

// The first `dimensions` numbers of each vector, again of length 1 if they are; 0: all. Models
// trained for it (Matryoshka) lose little. An error when there are fewer.
Result<> shorten(Matrix& vectors, size_t dimensions, bool normalised = true);

}  // namespace penchant

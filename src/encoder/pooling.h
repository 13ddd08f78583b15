// Hidden states of one text to its vector. Thread-safety: a function on values.
#pragma once

#include <cstddef>
#include <span>

#include "encoder/model_config.h"

namespace penchant {

// out[H] from states[L, H], L >= 1, as sentence-transformers does: all tokens count, special ones
// too. Normalised to length 1.
void pool(Pooling pooling, std::span<const float> states, std::span<float> out);

}  // namespace penchant

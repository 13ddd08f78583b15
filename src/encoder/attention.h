// Attention of every token of a sequence to every other, in single precision.
// Thread-safety: a pure function, but for the work memory.
#pragma once

#include <cstddef>

#include "math/aligned.h"

namespace penchant {

struct AttentionWork {
  AlignedBuffer<float> keys, values, scores;
};

// context[L, H] = softmax(Q K^T / sqrt(H / heads)) V by heads; qkv[L, 3 H] holds a token's query,
// key and value behind each other.
void attend(const float* qkv, size_t L, size_t H, size_t heads, float* context,
            AttentionWork& work);

}  // namespace penchant

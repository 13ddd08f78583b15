// Attention of the tokens of a sequence to each other, in single precision.
// Thread-safety: pure functions, but for the work memory.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "math/aligned.h"

namespace penchant {

struct AttentionWork {
  AlignedBuffer<float> keys, values, scores;
};

struct AttentionShape {
  size_t heads = 0, key_heads = 0, head_size = 0;
  bool causal = false;  // no token sees those behind it
  size_t window = 0;    // nor those more than this far away; 0: however far
  // [heads, 2 reach + 1]: what scores get by distance from -reach to reach, and beyond as there.
  std::span<const float> distance_bias;
};

// context[L, heads D] = softmax(Q K^T / sqrt(D) + bias) V by heads; a row of qkv is a token's
// queries [heads, D], keys and values [key_heads, D each]. Writes the columns of the heads that
// read key_heads [first, last).
void attend(const float* qkv, size_t L, const AttentionShape& shape, size_t first, size_t last,
            float* context, AttentionWork& work);

// MPNet's (T5's) bias for each distance from its table [buckets, heads]: half of the buckets for
// tokens behind, of each half the first half for a distance each, the others for ever wider ones.
std::vector<float> spread_distance_bias(std::span<const float> table, size_t buckets, size_t heads);
// The same for distances from -far to far, times factor: [heads, 2 far + 1].
std::vector<float> widen_distance_bias(std::span<const float> bias, size_t heads, size_t far,
                                       float factor);

// Rotary positions: turns the pairs (i, i + D / 2) of each of the heads behind each other in a row
// by a position's angles. A row of turns[positions, D] holds their cosines, then their sines.
void turn(float* row, size_t heads, size_t head_size, const float* turns);
void make_turns(size_t positions, size_t head_size, float theta, float* turns);

}  // namespace penchant

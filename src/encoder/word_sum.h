// The method's two formulas for a text's vector from its words' vectors x_1 .. x_n of d dimensions:
// their (weighted) mean, and the mean weighted by self-attention, where word i attends to word j
// with softmax_j(x_i . x_j / sqrt d) and every word counts as a query once.
// Thread-safety: functions on values.
#pragma once

#include <cstdint>
#include <span>

#include "math/vector_table.h"

namespace penchant {

struct WeightedRow {
  uint32_t row = 0;
  float weight = 1;
};

// out[d] = sum of weight * vectors[row], divided by n; zero without words.
void mean_words(const VectorTable& vectors, std::span<const WeightedRow> words,
                std::span<float> out);

// Multiplies each weight by the attention that all words pay to it. O(n^2 d).
void weigh_by_attention(const VectorTable& vectors, std::span<WeightedRow> words);

}  // namespace penchant

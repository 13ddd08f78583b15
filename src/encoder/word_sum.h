// The method's two formulas for a text's vector from its words' vectors x_1 .. x_n of d dimensions:
// their (weighted) sum, and the sum weighted by self-attention, where word i attends to word j with
// softmax_j(x_i . x_j / sqrt d). Both normalised to length 1; a text without words stays zero.
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

// out[d] = sum of weight * vectors[row]
void sum_words(const VectorTable& vectors, std::span<const WeightedRow> words,
               std::span<float> out);

// out[d] = sum over i of sum over j of attention(i, j) x_j, with x = weight * vectors[row]. Every
// word counts as a query once, so x_j gets the attention all words pay to it. O(n^2 d).
void attend_words(const VectorTable& vectors, std::span<const WeightedRow> words,
                  std::span<float> out);

}  // namespace penchant

#include "encoder/word_sum.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "math/kernels.h"

namespace penchant {

void mean_words(const VectorTable& vectors, std::span<const WeightedRow> words,
                std::span<float> out) {
  std::ranges::fill(out, 0.0f);
  for (const auto& [row, weight] : words) vectors.add(row, weight, out);
  if (words.size() > 1) scale(1 / static_cast<float>(words.size()), out);
}

void weigh_by_attention(const VectorTable& vectors, std::span<WeightedRow> words) {
  const size_t n = words.size(), d = vectors.cols();
  std::vector<float> x(n * d), attention(n), received(n);
  for (size_t i = 0; i < n; ++i)
    vectors.add(words[i].row, words[i].weight, std::span(x).subspan(i * d, d));
  const float factor = 1 / std::sqrt(static_cast<float>(d));
  for (size_t i = 0; i < n; ++i) {
    kernels().dot_rows(x.data() + i * d, x.data(), n, d, d, attention.data());
    kernels().softmax(attention.data(), n, factor);
    axpy(1, attention, received);
  }
  for (size_t j = 0; j < n; ++j) words[j].weight *= received[j];
}

}  // namespace penchant

#include "encoder/word_sum.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "math/kernels.h"

namespace penchant {

void sum_words(const VectorTable& vectors, std::span<const WeightedRow> words,
               std::span<float> out) {
  std::ranges::fill(out, 0.0f);
  for (const auto& [row, weight] : words) vectors.add(row, weight, out);
  normalise(out);
}

void attend_words(const VectorTable& vectors, std::span<const WeightedRow> words,
                  std::span<float> out) {
  const size_t n = words.size(), d = vectors.cols();
  std::ranges::fill(out, 0.0f);
  if (n == 0) return;
  std::vector<float> x(n * d), attention(n), received(n);
  for (size_t i = 0; i < n; ++i)
    vectors.add(words[i].row, words[i].weight, std::span(x).subspan(i * d, d));
  const float factor = 1 / std::sqrt(static_cast<float>(d));
  for (size_t i = 0; i < n; ++i) {
    kernels().dot_rows(x.data() + i * d, x.data(), n, d, d, attention.data());
    kernels().softmax(attention.data(), n, factor);
    axpy(1, attention, received);
  }
  for (size_t j = 0; j < n; ++j) axpy(received[j], std::span(x).subspan(j * d, d), out);
  normalise(out);
}

}  // namespace penchant

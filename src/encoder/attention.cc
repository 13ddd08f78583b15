#include "encoder/attention.h"

#include <algorithm>
#include <cmath>

#include "math/kernels.h"
#include "math/matmul.h"

namespace penchant {

// Queries go in blocks, so the scores stay small for long texts.
void attend(const float* qkv, size_t L, size_t H, size_t heads, float* context,
            AttentionWork& work) {
  constexpr size_t block = 48;
  const Kernels& k = kernels();
  const size_t D = H / heads, stride = 3 * H;
  const float factor = 1 / std::sqrt(static_cast<float>(D));
  float* keys = work.keys.room(packed_size(k, D, L));
  float* values = work.values.room(packed_size(k, L, D));
  float* scores = work.scores.room(block * L);
  for (size_t head = 0; head < heads; ++head) {
    const float* q = qkv + head * D;
    pack(k, q + H, 1, stride, D, L, keys);
    pack(k, q + 2 * H, stride, 1, L, D, values);
    for (size_t row = 0; row < L; row += block) {
      const size_t rows = std::min(block, L - row);
      k.matmul(q + row * stride, stride, keys, nullptr, rows, D, L, scores, L);
      for (size_t r = 0; r < rows; ++r) k.softmax(scores + r * L, L, factor);
      k.matmul(scores, L, values, nullptr, rows, L, D, context + row * H + head * D, H);
    }
  }
}

}  // namespace penchant

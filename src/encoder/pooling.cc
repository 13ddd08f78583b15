#include "encoder/pooling.h"

#include <algorithm>

#include "math/kernels.h"

namespace penchant {

void pool(Pooling pooling, std::span<const float> states, std::span<float> out) {
  const size_t H = out.size();
  std::copy_n(states.begin(), H, out.begin());
  for (size_t at = H; at < states.size() && pooling != Pooling::cls; at += H) {
    const auto row = states.subspan(at, H);
    if (pooling == Pooling::mean)
      axpy(1, row, out);
    else
      for (size_t i = 0; i < H; ++i) out[i] = std::max(out[i], row[i]);
  }
  normalise(out);  // also turns the sum into the mean
}

}  // namespace penchant

#include "encoder/dense.h"

#include <cmath>

#include "base/check.h"
#include "math/kernels.h"

namespace penchant {

void activate(DenseActivation activation, std::span<float> x) {
  switch (activation) {
    case DenseActivation::identity:
      return;
    case DenseActivation::tanh:
      for (float& value : x) value = std::tanh(value);
      return;
    case DenseActivation::sigmoid:
      for (float& value : x) value = 1 / (1 + std::exp(-value));
      return;
    case DenseActivation::relu:
      return kernels().relu(x.data(), x.size());
    case DenseActivation::gelu:
      return kernels().gelu(x.data(), x.size());
    case DenseActivation::gelu_tanh:
      return kernels().gelu_tanh(x.data(), x.size());
    case DenseActivation::silu:
      return kernels().silu(x.data(), x.size());
  }
}

void Dense::run(std::span<const float> x, std::span<float> out) const {
  CHECK(x.size() == inputs_ && out.size() == outputs_, "vectors fit the product");
  product_.run(x.data(), inputs_, 1, out.data(), outputs_);
  activate(activation_, out);
}

}  // namespace penchant

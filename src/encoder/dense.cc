#include "encoder/dense.h"

#include <cmath>

#include "base/check.h"
#include "math/kernels.h"

namespace penchant {

std::string_view name_of(DenseActivation activation) {
  constexpr std::string_view names[] = {"identity", "tanh",      "sigmoid", "relu",
                                        "gelu",     "gelu_tanh", "silu"};
  return names[static_cast<size_t>(activation)];
}

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
  if (!bias_.empty()) axpy(1, bias_, out);
  activate(activation_, out);
}

Matrix Dense::multiply(const Matrix& x) const {
  CHECK(x.cols == inputs_, "rows fit the product");
  Matrix out(x.rows, outputs_);
  product_.run(x.values.data(), inputs_, x.rows, out.values.data(), outputs_);
  return out;
}

}  // namespace penchant

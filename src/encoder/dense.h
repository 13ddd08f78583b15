// One product with its activation over a vector: the layers of heads behind an encoder.
// Thread-safety: immutable.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "math/matmul.h"
#include "math/matrix.h"

namespace penchant {

enum class DenseActivation { identity, tanh, sigmoid, relu, gelu, gelu_tanh, silu };

std::string_view name_of(DenseActivation activation);

// x[n] in place.
void activate(DenseActivation activation, std::span<float> x);

class Dense {
 public:
  // weights [outputs, inputs]; bias [outputs], or empty.
  Dense(std::span<const float> weights, size_t outputs, size_t inputs, std::span<const float> bias,
        DenseActivation activation)
      : product_(weights, outputs, inputs, {}),
        bias_(bias.begin(), bias.end()),
        inputs_(inputs),
        outputs_(outputs),
        activation_(activation) {}

  size_t inputs() const { return inputs_; }
  size_t outputs() const { return outputs_; }
  // out[outputs] = activation(weights x[inputs] + bias)
  void run(std::span<const float> x, std::span<float> out) const;

  DenseActivation activation() const { return activation_; }
  std::span<const float> bias() const { return bias_; }
  // x[n, inputs] to [n, outputs]: weights alone, without bias and activation.
  Matrix multiply(const Matrix& x) const;

 private:
  FloatLinear product_;
  std::vector<float> bias_;
  size_t inputs_, outputs_;
  DenseActivation activation_;
};

}  // namespace penchant

// Activations whose columns differ much in size lose much as bytes: one step serves a whole row,
// and a few outlying columns make it coarse for all others. So each column is divided by a factor
// and the weights that read it are multiplied by the same one (SmoothQuant, Xiao et al. 2023, with
// alpha 1/2: the factor is the square root of the column's largest size).
// Thread-safety: pure.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace penchant {

struct Smoothing {
  std::vector<float> activations;  // [columns], what x is multiplied by
  std::vector<float> weights;      // [columns], their inverses
};

// Of the products of a layer that read what a norm gives.
struct LayerSmoothing {
  Smoothing qkv, intermediate;
};

// From a sample x[rows, columns] of the activations. Columns that are zero in all of it are treated
// like those with a thousandth of the largest size.
Smoothing smoothing_of(std::span<const float> x, size_t columns);

// weights[outputs, columns] *= factors[columns], each row.
void multiply_columns(std::span<float> weights, std::span<const float> factors);

}  // namespace penchant

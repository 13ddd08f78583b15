// Spearman's rank correlation. Thread-safety: a function on values.
#pragma once

#include <span>

namespace penchant {

// In [-1, 1]; equal values share the mean of their ranks, as in scipy. 0 for fewer than two values
// and where one side is constant. x and y have the same length.
double spearman(std::span<const double> x, std::span<const double> y);

}  // namespace penchant

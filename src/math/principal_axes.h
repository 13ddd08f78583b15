// Principal axes of a set of vectors (Pearson 1901): the eigenvectors of their covariance.
// Thread-safety: functions on values.
#pragma once

#include <cstddef>
#include <vector>

#include "math/matrix.h"

namespace penchant {

struct PrincipalAxes {
  std::vector<float> mean;       // [d]
  Matrix axes;                   // [count, d], each of length 1, by falling variance
  std::vector<float> variances;  // [count], along each axis, >= 0
};

// The first `count` <= vectors.cols axes of at least one vector.
PrincipalAxes principal_axes(const Matrix& vectors, size_t count);

}  // namespace penchant

// Fits token vectors so that the sum over a text's tokens points where a better encoder's vector of
// the text does: gradient descent on 1 - cosine with Adam (Kingma and Ba 2015), whose second moment
// is one number a row (as in Anil et al. 2019), for rows are touched seldom.
// The result depends on the seed alone, not on the number of threads.
// Thread-safety: a function on its arguments; uses the pool.
#pragma once

#include <cstdint>
#include <vector>

#include "base/threads.h"
#include "math/matrix.h"

namespace penchant {

struct FitOptions {
  int epochs = 5;
  float rate = 0.004f;  // of the first step; it falls to nothing in a line
  size_t batch = 256;   // texts a step
  uint64_t seed = 1;
};

class FitObserver {
 public:
  virtual ~FitObserver() = default;
  virtual void epoch(int number, double mean_cosine) = 0;  // from 1; the cosine during it
};

// `texts` [n] are rows of `vectors` [rows, d]; `targets` [n, d]. Texts without tokens are left out.
void fit_sums(const std::vector<std::vector<int32_t>>& texts, const Matrix& targets,
              const FitOptions& options, ThreadPool& pool, Matrix& vectors, FitObserver& observer);

}  // namespace penchant

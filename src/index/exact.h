// Exact search over vectors by inner product, in ids and numbers only. Rows live in immutable
// blocks shared between versions, so a changed copy costs one block, and readers keep theirs.
// Thread-safety: immutable; `with` makes a new version.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "math/top_k.h"

namespace penchant {

class ThreadPool;

using Hit = Scored;  // row and inner product

class ExactIndex {
 public:
  explicit ExactIndex(size_t dimensions = 0);

  size_t rows() const;
  size_t dimensions() const;
  std::span<const float> row(size_t i) const;  // all zero for a row without a vector

  size_t vectors() const;  // rows that hold a vector

  // A version in which `rows[i]` holds `vectors[i]` (rows beyond the end grow the index; gaps are
  // zero). Vectors are L2-normalised or zero.
  ExactIndex with(std::span<const uint32_t> rows,
                  std::span<const std::span<const float>> vectors) const;

  // For each query [Q, dimensions] the k best rows r with allowed[r] != 0 (empty: all), best first,
  // ties by lower row. Zero rows are never hits.
  std::vector<std::vector<Hit>> search(std::span<const float> queries, size_t k,
                                       std::span<const uint8_t> allowed, ThreadPool* pool) const;

  // Inner products of one query with every row: scores[rows()].
  void score_all(std::span<const float> query, std::span<float> scores) const;

  // Mean of the non-zero rows (updated with the blocks), for centring scores.
  std::span<const float> mean() const;

 private:
  struct Block;
  size_t dimensions_ = 0;
  size_t rows_ = 0;
  size_t vectors_ = 0;
  std::vector<std::shared_ptr<const Block>> blocks_;
  std::vector<double> sum_;  // of all rows, so that the mean follows changes
  std::vector<float> mean_;
};

}  // namespace penchant

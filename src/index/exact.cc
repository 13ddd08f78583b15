#include "index/exact.h"

#include <algorithm>

#include "base/check.h"
#include "base/threads.h"
#include "math/kernels.h"

namespace penchant {

namespace {
// Rows a block: small enough that replacing one item copies little (1.5 MB at 384 dimensions),
// large enough that a scan streams.
constexpr size_t block_rows = 1024;
// Rows scored per query before the next query looks at them, so that they stay in the L2 cache.
constexpr size_t tile_rows = 64;

bool is_zero(std::span<const float> row) {
  return std::all_of(row.begin(), row.end(), [](float v) { return v == 0; });
}
}  // namespace

struct ExactIndex::Block {
  std::vector<float> values;        // [block_rows, dimensions]
  std::vector<uint8_t> has_vector;  // [block_rows]
};

ExactIndex::ExactIndex(size_t dimensions)
    : dimensions_(dimensions), sum_(dimensions), mean_(dimensions) {}

size_t ExactIndex::rows() const { return rows_; }
size_t ExactIndex::dimensions() const { return dimensions_; }
size_t ExactIndex::vectors() const { return vectors_; }
std::span<const float> ExactIndex::mean() const { return mean_; }

std::span<const float> ExactIndex::row(size_t i) const {
  CHECK(i < rows_, "row exists");
  return {blocks_[i / block_rows]->values.data() + i % block_rows * dimensions_, dimensions_};
}

ExactIndex ExactIndex::with(std::span<const uint32_t> rows,
                            std::span<const std::span<const float>> vectors) const {
  CHECK(rows.size() == vectors.size(), "one vector a row");
  ExactIndex next = *this;
  // Blocks of this version that were already copied for the next one, by block number.
  std::vector<std::shared_ptr<Block>> own(blocks_.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    CHECK(vectors[i].size() == dimensions_, "vectors have the index's dimensions");
    const size_t b = rows[i] / block_rows, in_block = rows[i] % block_rows;
    if (own.size() <= b) own.resize(b + 1), next.blocks_.resize(b + 1);
    if (own[b] == nullptr) {
      own[b] = next.blocks_[b] != nullptr ? std::make_shared<Block>(*next.blocks_[b])
                                          : std::make_shared<Block>();
      own[b]->values.resize(block_rows * dimensions_);
      own[b]->has_vector.resize(block_rows);
      next.blocks_[b] = own[b];
    }
    float* target = own[b]->values.data() + in_block * dimensions_;
    for (size_t d = 0; d < dimensions_; ++d) {
      next.sum_[d] += double{vectors[i][d]} - target[d];
      target[d] = vectors[i][d];
    }
    const bool filled = !is_zero(vectors[i]);
    next.vectors_ += filled;
    next.vectors_ -= own[b]->has_vector[in_block];
    own[b]->has_vector[in_block] = filled;
    next.rows_ = std::max(next.rows_, size_t{rows[i]} + 1);
  }
  // A gap between the old end and a new row may span whole blocks.
  for (auto& block : next.blocks_)
    if (block == nullptr) {
      auto empty = std::make_shared<Block>();
      empty->values.resize(block_rows * dimensions_);
      empty->has_vector.resize(block_rows);
      block = std::move(empty);
    }
  for (size_t d = 0; d < dimensions_; ++d)
    next.mean_[d] =
        next.vectors_ == 0 ? 0 : static_cast<float>(next.sum_[d] / double(next.vectors_));
  return next;
}

std::vector<std::vector<Hit>> ExactIndex::search(std::span<const float> queries, size_t k,
                                                 std::span<const uint8_t> allowed,
                                                 ThreadPool* pool) const {
  const size_t count = dimensions_ == 0 ? 0 : queries.size() / dimensions_;
  CHECK(queries.size() == count * dimensions_, "queries have the index's dimensions");
  const size_t workers = pool != nullptr ? static_cast<size_t>(pool->threads()) : 1;
  std::vector<std::vector<TopK>> best(workers, std::vector<TopK>(count, TopK(k)));

  const auto scan_block = [&](size_t b, int worker) {
    const Block& block = *blocks_[b];
    const size_t end = std::min(block_rows, rows_ - b * block_rows);
    for (size_t tile = 0; tile < end; tile += tile_rows)
      for (size_t q = 0; q < count; ++q) {
        const auto query = queries.subspan(q * dimensions_, dimensions_);
        TopK& top = best[static_cast<size_t>(worker)][q];
        for (size_t r = tile; r < std::min(end, tile + tile_rows); ++r) {
          const size_t row = b * block_rows + r;
          if (block.has_vector[r] == 0) continue;
          if (!allowed.empty() && (row >= allowed.size() || allowed[row] == 0)) continue;
          top.push(static_cast<uint32_t>(row),
                   dot(query, {block.values.data() + r * dimensions_, dimensions_}));
        }
      }
  };
  if (pool != nullptr) {
    pool->parallel_for(blocks_.size(), scan_block);
  } else {
    for (size_t b = 0; b < blocks_.size(); ++b) scan_block(b, 0);
  }

  // The k best of the workers' k best: the same whatever worker saw which block.
  std::vector<std::vector<Hit>> hits(count);
  for (size_t q = 0; q < count; ++q) {
    TopK merged(k);
    for (auto& worker : best) merged.push(worker[q].sorted());
    hits[q] = merged.sorted();
  }
  return hits;
}

void ExactIndex::score_all(std::span<const float> query, std::span<float> scores) const {
  CHECK(query.size() == dimensions_ && scores.size() == rows_, "one score a row");
  for (size_t i = 0; i < rows_; ++i) scores[i] = dot(query, row(i));
}

}  // namespace penchant

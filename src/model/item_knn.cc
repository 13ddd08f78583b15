#include "model/item_knn.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"

namespace penchant {
namespace {

struct Entry {
  uint32_t other = 0;  // a user in a column, an item in a row
  float confidence = 0;
};

// A sparse matrix by rows; row r is entries[starts[r], starts[r + 1]).
struct Sparse {
  std::vector<uint64_t> starts;
  std::vector<Entry> entries;
  std::span<const Entry> row(size_t r) const {
    return {entries.data() + starts[r], entries.data() + starts[r + 1]};
  }
};

// By user, each with the latest `history_max` items.
Sparse by_user(std::span<const Interaction> interactions, size_t items,
               const ItemKnnOptions& options) {
  std::vector<uint32_t> order;
  order.reserve(interactions.size());
  uint32_t users = 0;
  for (uint32_t i = 0; i < interactions.size(); ++i) {
    if (interactions[i].item >= items || interactions[i].strength <= 0) continue;
    users = std::max(users, interactions[i].user + 1);
    order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const Interaction &x = interactions[a], &y = interactions[b];
    return x.user != y.user ? x.user < y.user : x.time < y.time;
  });
  Sparse out;
  out.starts.assign(users + 1, 0);
  for (size_t begin = 0; begin < order.size();) {
    const uint32_t user = interactions[order[begin]].user;
    size_t end = begin;
    while (end < order.size() && interactions[order[end]].user == user) ++end;
    const size_t first = end - begin > options.history_max ? end - options.history_max : begin;
    const double length = static_cast<double>(end - first);
    const double damped = std::pow(length, -0.5 * options.length_damping);
    for (size_t i = first; i < end; ++i) {
      const Interaction& one = interactions[order[i]];
      out.entries.push_back({one.item, static_cast<float>(one.strength * damped)});
    }
    out.starts[user + 1] = out.entries.size();
    begin = end;
  }
  for (size_t u = 1; u < out.starts.size(); ++u) {  // users without entries
    out.starts[u] = std::max(out.starts[u], out.starts[u - 1]);
  }
  return out;
}

Sparse transposed(const Sparse& rows, size_t columns) {
  Sparse out;
  out.starts.assign(columns + 1, 0);
  for (const Entry& e : rows.entries) ++out.starts[e.other + 1];
  for (size_t c = 0; c < columns; ++c) out.starts[c + 1] += out.starts[c];
  out.entries.resize(rows.entries.size());
  std::vector<uint64_t> next(out.starts.begin(), out.starts.end() - 1);
  for (uint32_t r = 0; r + 1 < rows.starts.size(); ++r) {
    for (const Entry& e : rows.row(r)) out.entries[next[e.other]++] = {r, e.confidence};
  }
  return out;
}

bool better(const Neighbour& a, const Neighbour& b) {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.row < b.row;
}

// The neighbours of one item: products of its column with all others that share a user, summed into
// `sums` (all zero before and after).
std::vector<Neighbour> neighbours_of(uint32_t item, const Sparse& users, const Sparse& columns,
                                     std::span<const double> squares, size_t limit,
                                     std::vector<double>& sums, std::vector<uint32_t>& touched) {
  for (const Entry& user : columns.row(item)) {
    for (const Entry& other : users.row(user.other)) {
      double& sum = sums[other.other];
      if (sum == 0) touched.push_back(other.other);
      sum += static_cast<double>(user.confidence) * other.confidence;
    }
  }
  std::vector<Neighbour> found;
  found.reserve(touched.size());
  for (const uint32_t other : touched) {
    const double similarity = sums[other] / std::sqrt(squares[item] * squares[other]);
    if (other != item) found.push_back({other, static_cast<float>(similarity)});
    sums[other] = 0;
  }
  touched.clear();
  const size_t keep = std::min(limit, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<ptrdiff_t>(keep), found.end(),
                    better);
  found.resize(keep);
  found.shrink_to_fit();
  return found;
}

}  // namespace

ItemKnn ItemKnn::train(std::span<const Interaction> interactions, size_t items,
                       const ItemKnnOptions& options, ThreadPool* pool) {
  const Sparse users = by_user(interactions, items, options);
  const Sparse columns = transposed(users, items);
  std::vector<double> squares(items);
  for (size_t i = 0; i < items; ++i) {
    double sum = 0;
    for (const Entry& e : columns.row(i)) sum += static_cast<double>(e.confidence) * e.confidence;
    squares[i] = sum;
  }

  std::vector<std::vector<Neighbour>> lists(items);
  const size_t workers = pool != nullptr ? static_cast<size_t>(pool->threads()) : 1;
  std::vector<std::vector<double>> sums(workers, std::vector<double>(items));
  std::vector<std::vector<uint32_t>> touched(workers);
  const auto one = [&](size_t i, int worker) {
    const auto w = static_cast<size_t>(worker);
    lists[i] = neighbours_of(static_cast<uint32_t>(i), users, columns, squares, options.neighbours,
                             sums[w], touched[w]);
  };
  if (pool != nullptr) {
    pool->parallel_for(items, one);
  } else {
    for (size_t i = 0; i < items; ++i) one(i, 0);
  }

  ItemKnn out;
  out.starts_.reserve(items + 1);
  out.starts_.push_back(0);
  for (std::vector<Neighbour>& list : lists) {
    out.neighbours_.insert(out.neighbours_.end(), list.begin(), list.end());
    out.starts_.push_back(out.neighbours_.size());
    list = {};
  }
  return out;
}

std::span<const Neighbour> ItemKnn::neighbours(uint32_t row) const {
  if (row >= items()) return {};
  return {neighbours_.data() + starts_[row], neighbours_.data() + starts_[row + 1]};
}

float ItemKnn::similarity(uint32_t history, uint32_t row) const {
  for (const Neighbour& n : neighbours(history)) {
    if (n.row == row) return n.similarity;
  }
  return 0;
}

std::vector<RowScore> ItemKnn::scores(std::span<const Preference> history) const {
  // Scratch kept per thread: all zero between calls, so a call costs what it touches.
  thread_local std::vector<double> sums;
  thread_local std::vector<uint32_t> touched;
  if (sums.size() < items()) sums.resize(items());
  for (const Preference& h : history) {
    for (const Neighbour& n : neighbours(h.row)) {
      if (sums[n.row] == 0) touched.push_back(n.row);
      sums[n.row] += static_cast<double>(h.strength) * n.similarity;
    }
  }
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  std::vector<RowScore> out;
  out.reserve(touched.size());
  for (const uint32_t row : touched) {
    if (sums[row] != 0) out.push_back({row, sums[row]});
    sums[row] = 0;
  }
  touched.clear();
  return out;
}

}  // namespace penchant

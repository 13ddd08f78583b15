#include "encoder/transformer_runner.h"

#include <algorithm>
#include <numeric>

namespace penchant {

namespace {

// Tokens a batch may hold: enough rows for the products to run at full speed, few enough for its
// states to stay in the second cache.
constexpr size_t batch_tokens_max = 512;
constexpr size_t batch_tokens_min = 64;

// Sequences by falling length, cut into runs within the budget: the work of a batch is even, and
// the long ones, which balance worst, start first. Values are positions of `sequences`.
std::vector<std::vector<size_t>> make_batches(std::span<const TokenSequence> sequences,
                                              size_t threads) {
  std::vector<size_t> order(sequences.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return sequences[a].ids.size() > sequences[b].ids.size();
  });
  size_t total = 0;
  for (const TokenSequence& one : sequences) total += one.ids.size();
  const size_t budget =
      std::clamp((total + threads - 1) / threads, batch_tokens_min, batch_tokens_max);
  std::vector<std::vector<size_t>> batches;
  size_t tokens = budget;
  for (const size_t i : order) {
    const size_t length = sequences[i].ids.size();
    if (length == 0) break;  // and all behind it
    if (tokens + length > budget) {
      batches.emplace_back();
      tokens = 0;
    }
    tokens += length;
    batches.back().push_back(i);
  }
  return batches;
}

int threads_of(int asked) { return asked > 0 ? asked : hardware_threads(); }

}  // namespace

TransformerRunner::TransformerRunner(Transformer transformer, const ModelConfig& config,
                                     int threads)
    : transformer_(std::move(transformer)),
      hidden_(config.hidden),
      is_typed_(config.types > 1),  // as transformers, which passes types to no other model
      pool_(threads_of(threads)),
      workspaces_(static_cast<size_t>(threads_of(threads))) {}

void TransformerRunner::run_all(std::span<const TokenSequence> sequences, const Use& use) {
  const MutexLock turn(mutex_);
  const auto batches = make_batches(sequences, workspaces_.size());
  const std::span<Workspace> workspaces = workspaces_;
  if (batches.size() == 1) {
    run_batch(batches[0], sequences, workspaces, use);
    return;
  }
  pool_.parallel_for(batches.size(), [&](size_t batch, int worker) {
    run_batch(batches[batch], sequences, workspaces.subspan(static_cast<size_t>(worker), 1), use);
  });
}

void TransformerRunner::run_batch(std::span<const size_t> positions,
                                  std::span<const TokenSequence> sequences,
                                  std::span<Workspace> workspaces, const Use& use) {
  TokenBatch batch{{}, {0}};
  const bool typed = is_typed_ && std::ranges::any_of(positions, [&](size_t i) {
                       return !sequences[i].types.empty();
                     });
  for (const size_t i : positions) {
    const TokenIds ids = sequences[i].ids, types = sequences[i].types;
    batch.ids.insert(batch.ids.end(), ids.begin(), ids.end());
    batch.begins.push_back(batch.ids.size());
    if (!typed) continue;
    batch.types.insert(batch.types.end(), types.begin(), types.end());
    batch.types.resize(batch.ids.size());
  }
  Workspace& work = workspaces[0];
  if (const size_t parts = transformer_.parts(batch.ids.size(), workspaces.size()); parts == 1) {
    transformer_.forward(batch, work);
  } else {
    transformer_.begin(batch, work);
    SpinBarrier barrier(parts);
    // No thread takes a second part: all wait within their first until the last one has begun.
    pool_.parallel_for(parts, [&](size_t part, int worker) {
      transformer_.run(batch, work, workspaces[static_cast<size_t>(worker)].scratch,
                       {part, parts, &barrier});
    });
  }
  for (size_t i = 0; i < positions.size(); ++i)
    use.call(use.body, positions[i],
             {work.x.data() + batch.begins[i] * hidden_,
              (batch.begins[i + 1] - batch.begins[i]) * hidden_});
}

}  // namespace penchant

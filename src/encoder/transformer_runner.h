// Sequences of tokens through a transformer: batches by a token budget, on threads.
// Thread-safety: safe; calls take turns on the threads.
#pragma once

#include <span>
#include <vector>

#include "base/mutex.h"
#include "base/threads.h"
#include "encoder/sequence_model.h"
#include "encoder/transformer.h"

namespace penchant {

class TransformerRunner {
 public:
  // `transformer` is the one that `config` describes; `threads`: 0 for all of the machine's.
  TransformerRunner(Transformer transformer, const ModelConfig& config, int threads);

  // Hands each sequence's states[L, H] on, from several threads at once and in any order; those of
  // an empty sequence never. What it gives does not depend on what else is in the call. The
  // sequences are as check_sequences() wants them.
  //   use(size_t sequence, std::span<const float> states)
  template <class Body>
  void run(std::span<const TokenSequence> sequences, const Body& use) {
    run_all(sequences, {[](const void* body, size_t sequence, std::span<const float> states) {
                          (*static_cast<const Body*>(body))(sequence, states);
                        },
                        &use});
  }

  ThreadPool& pool() { return pool_; }

 private:
  struct Use {
    void (*call)(const void* body, size_t sequence, std::span<const float> states);
    const void* body;
  };
  void run_all(std::span<const TokenSequence> sequences, const Use& use) EXCLUDES(mutex_);
  // On as many threads as workspaces, but for what is not worth several.
  void run_batch(std::span<const size_t> batch, std::span<const TokenSequence> sequences,
                 std::span<Workspace> workspaces, const Use& use);

  const Transformer transformer_;
  const size_t hidden_;
  const bool is_typed_;
  ThreadPool pool_;
  Mutex mutex_;
  std::vector<Workspace> workspaces_ GUARDED_BY(mutex_);
};

}  // namespace penchant

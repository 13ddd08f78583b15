// Continuous batching: the texts of all requests that wait for one model, merged into calls of a
// token budget. Requests take turns by tokens, so that one text passes ten thousand of another
// request; a row does not depend on what else is in its call (encoder/sequence_model.h). Each model
// has a batcher and its own limits: one that has too much to do refuses its own requests.
//
//   Batcher batcher(model, {});
//   TRY(Batched answer, batcher.run(sequences, {.until = deadline}));   // blocks
//
// There is no thread of its own: the first of the waiting requests runs the call for all of them
// and hands that duty over when its own texts are done.
// Thread-safety: safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "encoder/sequence_model.h"

namespace penchant {

// How long a request waits. Looked at between the calls of the model.
struct Patience {
  std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
  const std::atomic<bool>* gone = nullptr;  // who asked has left

  Result<> check() const;  // Code::unavailable when it is over
};

struct BatcherOptions {
  size_t batch_tokens = 4'096;       // of one call; a longer text is a call of its own
  size_t turn_tokens = 256;          // of one request before the next one's turn
  size_t waiting_tokens = 1u << 20;  // of all requests; a single one may have more
  size_t requests = 256;             // at once
};

struct Batched {
  Matrix rows;                          // one for each sequence
  std::chrono::nanoseconds waited{0};   // until the first of them was taken
  std::chrono::nanoseconds running{0};  // of the calls that had some of them
};

class Batcher {
 public:
  Batcher(SequenceModel& model, const BatcherOptions& options) : model_(model), options_(options) {}

  // SequenceModel::run. Code::exhausted when too much waits already, Code::unavailable when the
  // patience is over.
  Result<Batched> run(std::span<const TokenSequence> sequences, const Patience& patience);

  size_t waiting() const;  // requests with sequences that no call has taken yet

 private:
  struct Request;
  struct Part {
    Request* request;
    size_t index;  // of one of its sequences
  };

  Result<> enter(Request& request);
  void run_batch(std::unique_lock<std::mutex>& lock);
  std::vector<Part> take_batch();
  void drop_impatient();

  SequenceModel& model_;
  const BatcherOptions options_;
  mutable std::mutex mutex_;    // std::mutex, as condition_variable wants it; guards all below
  std::deque<Request*> queue_;  // with sequences not yet taken, in the order of their turns
  size_t waiting_tokens_ = 0;   // of those sequences
  size_t requests_ = 0;         // these, and those whose last sequences are in a call
  bool running_ = false;        // one of the requests runs a call
};

}  // namespace penchant

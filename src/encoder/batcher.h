// Continuous batching: the texts of all requests that wait for one encoder, merged into calls of a
// token budget. Requests take turns by tokens, so that one text passes ten thousand of another
// request; a vector does not depend on what else is in its call (encoder/encoder.h).
//
//   Batcher batcher(encoder, {});
//   TRY(Batched answer, batcher.encode(texts, {.until = deadline}));   // blocks
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

#include "encoder/encoder.h"

namespace penchant {

// How long a request waits. Looked at between the calls of the encoder.
struct Patience {
  std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
  const std::atomic<bool>* gone = nullptr;  // who asked has left
};

struct BatcherOptions {
  size_t batch_tokens = 4'096;       // of one call; a longer text is a call of its own
  size_t turn_tokens = 256;          // of one request before the next one's turn
  size_t waiting_tokens = 1u << 20;  // of all requests; a single one may have more
  size_t waiting_requests = 512;
};

struct Batched {
  Matrix vectors;                        // a row for each text
  std::chrono::nanoseconds waited{0};    // until the first of its texts was taken
  std::chrono::nanoseconds encoding{0};  // of the calls that had texts of it
};

class Batcher {
 public:
  Batcher(Encoder& encoder, const BatcherOptions& options) : encoder_(encoder), options_(options) {}

  // Encoder::encode_ids. Code::exhausted when too much waits already, Code::unavailable when the
  // patience is over.
  Result<Batched> encode(std::span<const TokenIds> texts, const Patience& patience);

  size_t waiting() const;  // requests with texts that no call has taken yet

 private:
  struct Request;
  struct Text {
    Request* request;
    size_t index;
  };

  Result<> check(std::span<const TokenIds> texts) const;
  void run_batch(std::unique_lock<std::mutex>& lock);
  std::vector<Text> take_batch();
  void drop_impatient();

  Encoder& encoder_;
  const BatcherOptions options_;
  mutable std::mutex mutex_;    // std::mutex, as condition_variable wants it; guards all below
  std::deque<Request*> queue_;  // with texts not yet taken, in the order of their turns
  size_t waiting_tokens_ = 0;   // of those texts
  bool running_ = false;        // one of the requests runs a call
};

}  // namespace penchant

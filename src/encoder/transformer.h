// The forward pass of the transformer that a ModelConfig describes: token ids to hidden states.
// Sequences of a batch lie behind each other without padding; all layers run over the whole batch,
// so a layer's weights are read once for all its tokens. The states of a sequence do not depend on
// the rest of its batch.
// Thread-safety: immutable; forward() may run on several threads, each with its own workspace.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/barrier.h"
#include "base/result.h"
#include "encoder/attention.h"
#include "encoder/encoder.h"
#include "encoder/model_config.h"
#include "encoder/smoothing.h"
#include "math/aligned.h"
#include "math/matmul.h"

namespace penchant {

class Tensors;

// T tokens of S sequences; sequence s is ids[begins[s] .. begins[s + 1]), at least one token.
struct TokenBatch {
  std::vector<int32_t> ids;
  std::vector<size_t> begins;       // S + 1
  std::vector<int32_t> types = {};  // of each token, or empty: all are of the first type
};

// Memory of one thread in a forward pass.
struct Scratch {
  AlignedBuffer<float> wide, scores, sums;
  AlignedBuffer<uint16_t> keys, values, weights;
  AttentionWork attention;
  PackedRows wide_rows;
  PackedWork packed;
};

// Memory a forward pass reuses; the scratch is that of a pass on one thread.
struct Workspace {
  AlignedBuffer<float> x;  // [T, H], the result
  AlignedBuffer<float> y, qkv, context, words, turns, local_turns;
  AlignedBuffer<uint16_t> qkv_halves;
  PackedRows x_rows, context_rows;
  Scratch scratch;
};

// What one of the threads that share a forward pass does: rows, and heads where those do not do.
struct Part {
  size_t index = 0, size = 1;
  SpinBarrier* barrier = nullptr;  // of all of them, not null where size > 1

  size_t begin(size_t count) const { return count * index / size; }
  size_t end(size_t count) const { return count * (index + 1) / size; }
  void wait() const {
    if (size > 1) barrier->wait();
  }
};

class Transformer {
 public:
  // Takes the file over: word vectors are read from its mapping. Precision::fast is fp32 for what
  // why_not_packed() tells of.
  static Result<Transformer> load(Tensors file, const ModelConfig& config, Precision precision);
  Transformer(Transformer&&) noexcept;
  Transformer& operator=(Transformer&&) noexcept;
  ~Transformer();

  // Ids are below config.vocabulary, types below config.types where it has any, sequences at most
  // config.max_tokens long.
  void forward(const TokenBatch& batch, Workspace& work) const;

  // The same pass, with the same result, by several threads: begin() once, then run() on as many
  // at a time as there are parts, each with its own scratch.
  void begin(const TokenBatch& batch, Workspace& work) const;
  void run(const TokenBatch& batch, Workspace& work, Scratch& scratch, const Part& part) const;
  // Into how many parts a pass of so many tokens is worth cutting, at most `threads`.
  size_t parts(size_t tokens, size_t threads) const;

  // How Precision::int8 smooths each layer; asked of Precision::fp32 where why_not_packed() is "".
  std::vector<LayerSmoothing> smoothing() const;

 private:
  struct State;
  explicit Transformer(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

}  // namespace penchant

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

#include "base/result.h"
#include "encoder/attention.h"
#include "encoder/encoder.h"
#include "encoder/model_config.h"
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

// Memory a forward pass reuses.
struct Workspace {
  AlignedBuffer<float> x;  // [T, H], the result
  AlignedBuffer<float> qkv, context, wide, y, words, turns, local_turns;
  AttentionWork attention;
  AlignedBuffer<uint16_t> qkv_halves, keys, values, weights;
  AlignedBuffer<float> scores, sums;
  PackedRows x_rows, context_rows, wide_rows;
  PackedWork packed;
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

 private:
  struct State;
  explicit Transformer(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

}  // namespace penchant

// What encoders and classifiers are to who puts requests together (encoder/batcher.h): sequences of
// tokens go in, a row of numbers comes out for each.
// Thread-safety: as each kind says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "math/matrix.h"

namespace penchant {

using TokenIds = std::span<const int32_t>;  // of one text

// One or two texts as a model reads them.
struct TokenSequence {
  TokenIds ids;
  TokenIds types = {};  // of each token, or empty: all are of the first type
  // Encoders: the first so many, those of a prompt, are read but their states are not pooled.
  size_t unpooled = 0;
};

class SequenceModel {
 public:
  virtual ~SequenceModel() = default;

  virtual std::string_view name() const = 0;  // the folder's name
  virtual size_t max_tokens() const = 0;      // longer texts are truncated
  virtual size_t width() const = 0;           // of a row

  // What run() would refuse, with the position of the sequence in front.
  virtual Result<> check(std::span<const TokenSequence> sequences) const = 0;
  // [sequences, width()]; a row has the same bits whatever else is in the call. Fails as a whole.
  virtual Result<Matrix> run(std::span<const TokenSequence> sequences) = 0;
};

}  // namespace penchant

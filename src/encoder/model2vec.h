// A Model2Vec folder: token vectors distilled from a transformer, with a tokenizer.json. Read and
// used as the model2vec package does: no special tokens, the unknown token left out, at most 512
// tokens, optional weight for each token and optional mapping of tokens to shared rows.
// Thread-safety: immutable.
#pragma once

#include <cstdint>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "math/matrix.h"
#include "text/tokenizer.h"

namespace penchant {

struct Model2Vec {
  Tokenizer tokenizer;
  Matrix vectors;              // [rows, dimensions]
  std::vector<int32_t> rows;   // of each token; -1 for the unknown token
  std::vector<float> weights;  // of each token
};

Result<Model2Vec> read_model2vec(const Path& folder);

}  // namespace penchant

// A Model2Vec folder: token vectors distilled from a transformer, with a tokenizer.json. Read and
// used as the model2vec package does: no special tokens, the unknown token left out, at most 512
// tokens, optional weight for each token and optional mapping of tokens to shared rows. Vectors are
// floats, bytes (I8, as the package rounds them), or, our own, two numbers a byte: docs/FORMATS.md.
// Thread-safety: immutable.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "encoder/safetensors.h"
#include "math/vector_table.h"
#include "text/tokenizer.h"

namespace penchant {

struct Model2Vec {
  Tokenizer tokenizer;
  VectorTable vectors;         // [rows, dimensions]
  std::vector<int32_t> rows;   // of each token; -1 for the unknown token
  std::vector<float> weights;  // of each token
};

Result<Model2Vec> read_model2vec(const Path& folder);

// From the contents of its two files; `place` starts every error message.
Result<Model2Vec> make_model2vec(std::string_view tokenizer_json, const Safetensors& vectors,
                                 std::string_view place);

}  // namespace penchant

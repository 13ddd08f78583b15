// What a compression has cost and won, printed: size, speed, and quality where it can be told.
// Thread-safety: main thread.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "encoder/comparison.h"

namespace penchant {

struct PairFile {
  std::string name;
  std::vector<ScoredPair> pairs;
};
Result<std::vector<PairFile>> read_pair_files(const std::vector<std::string>& files);

// A row for each of the two models: bytes, texts a second and tokens, Spearman's correlation x 100
// with the scores of each file of pairs, and with the original on `texts` drawn at random. Without
// texts those of the pairs are drawn from; without either the rows have bytes alone.
// `original` is open already; the smaller one is opened with the same options.
Result<> print_compression(Encoder& original, const Path& original_path, const Path& smaller_path,
                           const EncoderOptions& options, std::span<const std::string_view> texts,
                           const std::vector<PairFile>& pairs);

}  // namespace penchant

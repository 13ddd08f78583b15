// How a smaller encoder compares with the one it comes from: whether it finds the same texts close,
// how well it agrees with people, how fast it is. Thread-safety: functions on their arguments.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "encoder/encoder.h"

namespace penchant {

// Two texts and how close people found them, on any scale.
struct ScoredPair {
  std::string first, second;
  double score = 0;
};

// "text TAB text TAB score" on each line that is not empty.
Result<std::vector<ScoredPair>> read_scored_pairs(const Path& file);

// Spearman's correlation of the encoder's cosines with the scores.
Result<double> agreement_with_people(Encoder& encoder, std::span<const ScoredPair> pairs);

// What the encoder gives for texts, on its threads; the best of three passes.
struct TimedVectors {
  Matrix vectors;
  double texts_per_second = 0;
};
Result<TimedVectors> encode_timed(Encoder& encoder, std::span<const std::string_view> texts);

// The cosine of each vector with the one behind it.
std::vector<double> neighbour_cosines(const Matrix& vectors);

}  // namespace penchant

// How a smaller encoder compares with the one it comes from: whether it finds the same texts close,
// how well it agrees with people, how fast it is. Thread-safety: functions on their arguments.
#pragma once

#include <optional>
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

// "text TAB text TAB score" on each line.
Result<std::vector<ScoredPair>> read_scored_pairs(const Path& file);

// Spearman's correlation of the encoder's cosines with the scores.
Result<double> agreement_with_people(Encoder& encoder, std::span<const ScoredPair> pairs);

// The cosine of each text with the one behind it.
Result<std::vector<double>> neighbour_cosines(Encoder& encoder,
                                              std::span<const std::string_view> texts);

// Texts a second on the encoder's threads: the best of three passes.
Result<double> texts_per_second(Encoder& encoder, std::span<const std::string_view> texts);

}  // namespace penchant

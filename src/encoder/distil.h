// An encoder made small: one vector for each of its most frequent tokens, such that the sum over a
// text points where the encoder's vector of the text does. Begins as Model2Vec does (Tulkens and
// van Dongen 2024: every token through the encoder, principal axes, weights by frequency), then
// fits the vectors to the encoder's own vectors of the texts given (static_fit.h).
// Thread-safety: functions on their arguments; they use the encoder's threads and the pool.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/result.h"
#include "base/threads.h"
#include "encoder/encoder.h"
#include "encoder/static_fit.h"

namespace penchant {

struct DistilOptions {
  size_t dimensions = 256;  // even, at most the encoder's
  size_t tokens = 33'000;   // of the vocabulary, the most frequent ones in the texts
  int epochs = 5;           // over the texts; 0: no fit
  float rate = 0.004f;
  uint64_t seed = 1;
};

struct StaticModel {
  std::string tokenizer_json;
  Matrix vectors;  // [tokens, dimensions], weights in them
};

class DistilObserver : public FitObserver {
 public:
  virtual void encoded(uint64_t done, uint64_t total) = 0;  // texts, then tokens
};

// `tokenizer_json` is the encoder's own. The vectors of two texts' sums are about as close to each
// other as the encoder's are, less their mean: E5's, all within a narrow cone, are spread out.
Result<StaticModel> distil(Encoder& encoder, std::string_view tokenizer_json,
                           std::span<const std::string_view> texts, const DistilOptions& options,
                           ThreadPool& pool, DistilObserver& observer);

// As a Model2Vec folder: config.json, tokenizer.json, model.safetensors with vectors of 32, 8 or 4
// bits a number. The package model2vec reads the first two kinds. Fails if the folder exists.
Result<> write_static_model(const StaticModel& model, int bits, const Path& folder);

}  // namespace penchant

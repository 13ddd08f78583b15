// Texts, or pairs of texts, to a score for each label: the classification heads of transformers
// (*ForSequenceClassification) and the cross-encoders of sentence-transformers, whose one label is
// how well the second text answers the first.
//
//   TRY(auto reranker, open_classifier(folder, {.precision = Precision::fp32}));
//   TRY(Matrix scores, reranker->score(pairs, reranker->function_of_pairs()));  // [pairs, labels]
//
// run() gives the logits of tokens as tokenizer() gives them, at least one in each sequence. The
// same text gives the same bits whatever else is in the call and however many threads run.
// Thread-safety: safe; concurrent calls take turns on the classifier's threads.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "encoder/encoder.h"
#include "encoder/head_config.h"
#include "encoder/sequence_model.h"
#include "math/matrix.h"

namespace penchant {

struct TextPair {
  std::string_view first, second;
};

class Classifier : public SequenceModel {
 public:
  virtual const std::vector<std::string>& labels() const = 0;
  size_t width() const final { return labels().size(); }
  virtual const Tokenizer& tokenizer() const = 0;

  // What the originals make of the logits: transformers' pipeline of texts, sentence-transformers'
  // CrossEncoder.predict of pairs.
  virtual ScoreFunction function_of_texts() const = 0;
  virtual ScoreFunction function_of_pairs() const = 0;

  // A row for each text or pair with a number for each label. Fails as a whole, naming the
  // position, for invalid UTF-8 or a text beyond the limit.
  virtual Result<Matrix> classify(std::span<const std::string_view> texts,
                                  ScoreFunction function) = 0;
  virtual Result<Matrix> score(std::span<const TextPair> pairs, ScoreFunction function) = 0;
};

// Logits to scores, in place.
void to_scores(ScoreFunction function, std::span<float> logits);

// Opens a Hugging Face folder. Code::not_found when its architecture has no such head.
Result<std::unique_ptr<Classifier>> open_classifier(const Path& folder,
                                                    const EncoderOptions& options);

}  // namespace penchant

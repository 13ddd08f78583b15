// The classification head behind an encoder: pooled states to one logit for each label, as the
// families of transformers have it.
//
//   BERT                   states[0] -> pooler.dense, tanh -> classifier
//   RoBERTa, XLM-R, MPNet  states[0] -> classifier.dense, tanh -> classifier.out_proj
//   DistilBERT             states[0] -> pre_classifier, relu -> classifier
//   ALBERT                 states[0] -> pooler, tanh -> classifier
//   ModernBERT             states[0] or their mean -> head.dense, gelu, head.norm -> classifier
//   Llama, Qwen            the last state that is no padding -> score
//
// Thread-safety: immutable.
#pragma once

#include <optional>
#include <span>

#include "base/result.h"
#include "encoder/dense.h"
#include "encoder/encoder.h"
#include "encoder/head_config.h"
#include "encoder/model_config.h"
#include "encoder/safetensors.h"
#include "encoder/weights.h"

namespace penchant {

class ClassificationHead {
 public:
  // Tensors that are missing, of another shape or left over are refused by name.
  static Result<ClassificationHead> load(const Safetensors& file, const ModelConfig& config,
                                         const HeadConfig& head);

  // logits[labels] from states[L, H] of one sequence, L >= 1.
  void run(TokenIds ids, std::span<const float> states, std::span<float> logits) const;

 private:
  ClassificationHead() = default;
  void pool_states(TokenIds ids, std::span<const float> states, std::span<float> out) const;

  size_t hidden_ = 0;
  Pooling pooling_ = Pooling::cls;
  int64_t padding_ = -1;
  float epsilon_ = 0;
  std::optional<Dense> first_;  // [H, H]
  NormWeights norm_;
  std::optional<Dense> output_;  // [labels, H]
};

}  // namespace penchant

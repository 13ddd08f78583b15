// What a model's folder says about its classification head, the part behind the encoder of a
// *ForSequenceClassification checkpoint: labels and kind of problem, of config.json.
// Cross-encoders of sentence-transformers are such folders.
// Thread-safety: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "encoder/dense.h"
#include "encoder/model_config.h"

namespace penchant {

// What is made of logits: nothing, 1 / (1 + e^-x) of each, or e^x / (sum of e^x) over the labels.
enum class ScoreFunction { logits, sigmoid, softmax };

struct HeadConfig {
  std::string model_type;           // names the tensors: config.json's own
  std::vector<std::string> labels;  // id2label; one at least
  ScoreFunction of_texts = ScoreFunction::softmax;
  ScoreFunction of_pairs = ScoreFunction::logits;
  int64_t padding = -1;  // Llama and Qwen: trailing tokens of this id do not count

  // ModernBERT's
  Pooling pooling = Pooling::cls;
  DenseActivation activation = DenseActivation::gelu;
  bool bias = false, norm_bias = false;
  float epsilon = 1e-5f;
};

// Code::not_found when the architecture named has no such head. `place` starts every message.
Result<HeadConfig> parse_head_config(const ModelFiles& files, const std::string& place);
Result<HeadConfig> read_head_config(const Path& folder);

}  // namespace penchant

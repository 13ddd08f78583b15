// What a Hugging Face folder says about a transformer encoder: config.json, and of
// sentence-transformers modules.json, sentence_bert_config.json, 1_Pooling/config.json and the
// prompts of config_sentence_transformers.json. What would change the vectors and is not supported
// is refused by name, never ignored.
// Thread-safety: values.
#pragma once

#include <cstddef>
#include <string>

#include "base/files.h"
#include "base/result.h"

namespace penchant {

enum class Pooling { mean, cls, max };

struct ModelConfig {
  size_t hidden = 0;  // called H below
  size_t layers = 0;
  size_t heads = 0;  // divides H
  size_t intermediate = 0;
  size_t vocabulary = 0;
  size_t positions = 0;        // rows of the position table
  size_t position_offset = 0;  // row of the first token: 0 for BERT, 2 for XLM-RoBERTa
  size_t types = 0;
  float epsilon = 1e-12f;

  Pooling pooling = Pooling::mean;
  size_t max_tokens = 0;  // special tokens included
  std::string prompt_plain, prompt_query, prompt_passage;
};

Result<ModelConfig> read_model_config(const Path& folder);

// The model_type of a config.json: "bert", "xlm-roberta", "model2vec", ...
Result<std::string> read_model_type(const Path& folder);

}  // namespace penchant

// What sentence-transformers' files add to a transformer: pooling, length and prompts.
// Thread-safety: a function on values.
#pragma once

#include <string>

#include "base/result.h"
#include "encoder/model_config.h"

namespace penchant {

// Reads those of the files that are there into `config`, which config.json has filled.
Result<> read_sentence_config(const ModelFiles& files, const std::string& place,
                              ModelConfig& config);

}  // namespace penchant

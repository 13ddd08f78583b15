// The Encoder over a transformer: prompts, tokens, batches by a token budget, threads, pooling.
// Thread-safety: as Encoder promises.
#pragma once

#include <memory>

#include "encoder/encoder.h"

namespace penchant {

// Opens a Hugging Face folder or GGUF file of a supported transformer; `name` is what
// Encoder::name() answers.
Result<std::unique_ptr<Encoder>> open_transformer_encoder(const Path& model, std::string name,
                                                          const EncoderOptions& options);

}  // namespace penchant

// Many texts to token ids on a pool, the same error whatever the threads: that of the first text
// that fails. Thread-safety: safe.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "encoder/model_config.h"
#include "text/tokenizer.h"

namespace penchant {

class ThreadPool;

Result<std::vector<std::vector<int32_t>>> tokenise(const Tokenizer& tokenizer,
                                                   std::span<const std::string_view> texts,
                                                   std::string_view prompt,
                                                   const EncodeOptions& options, ThreadPool& pool);

// The tokenizer.json of a folder, or what a GGUF file has in its place (encoder/gguf_model.h).
Result<Tokenizer> open_tokenizer(const Path& model);
// The same, all of whose ids the model knows.
Result<Tokenizer> open_tokenizer(const Path& model, const ModelConfig& config);

// That every id is one of the vocabulary's and no text is longer than `max_tokens`.
Result<> check_ids(std::span<const std::span<const int32_t>> texts, size_t vocabulary,
                   size_t max_tokens);

// `result` of the text at `position`, an error with the position in front: "text 3: ...".
Error at_text(size_t position, const Error& error);

}  // namespace penchant

// Byte-pair encoding (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909): a word's characters,
// of which the neighbours that were merged earliest in training are merged first, as long as there
// are such. GPT-2, RoBERTa, Qwen, Llama and ModernBERT do it on bytes (pre-tokenizer ByteLevel).
// Thread-safety: as TokenModel.
#pragma once

#include <memory>

#include "text/token_model.h"

namespace penchant {

Result<std::unique_ptr<const TokenModel>> parse_bpe(const JsonView& json);

}  // namespace penchant

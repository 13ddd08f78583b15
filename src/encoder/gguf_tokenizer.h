// The tokenizer of a GGUF file as the tokenizer.json it was made from: byte-level BPE
// (tokenizer.ggml.model "gpt2"), cut into words as tokenizer.ggml.pre names it. What is not known
// is refused by name.
// Thread-safety: a function on its argument.
#pragma once

#include <string>

#include "base/result.h"

namespace penchant {

class Gguf;

Result<std::string> gguf_tokenizer_json(const Gguf& file);

}  // namespace penchant

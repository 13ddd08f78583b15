// The stages a text goes through until it is tokens, before truncation: added tokens cut out,
// normaliser, pre-tokenizer, model. Thread-safety: Stages is immutable; encode_text() is safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/post_processor.h"
#include "text/pre_tokenizer.h"
#include "text/token_model.h"
#include "text/tokenizer.h"

namespace penchant {

struct Stages {
  std::unique_ptr<const TokenModel> model;
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  AddedTokens added_tokens;
  uint32_t number = 0;  // no other tokenizer of this process has the same
};

// What is to be known of the tokens beside their ids.
enum class Wanted { ids, offsets, offsets_and_blanks };

// The tokens of one text.
struct TextTokens {
  std::vector<int32_t> ids;
  std::vector<Span> offsets;
  std::vector<PostProcessor::Blank> blanks;

  // Leaves at most so many tokens, the first or the last ones.
  void keep(size_t most, bool keeps_end);
};

// Of valid UTF-8. May end once there are `enough` tokens.
Result<TextTokens> encode_text(const Stages& stages, std::string_view text, Wanted wanted,
                               size_t enough);

}  // namespace penchant

// A Hugging Face tokenizer.json, run as the `tokenizers` package runs it: the same ids and the same
// offsets for every text.
//
//   TRY(auto tokenizer, Tokenizer::open(folder / "tokenizer.json"));
//   TRY(auto encoding, tokenizer.encode("a text", {.max_tokens = 512}));
//
// The stages, in order: added tokens cut out -> normaliser -> pre-tokenizer -> model (WordPiece,
// Unigram, BPE) -> truncation -> post-processor. What a file asks for and we do not know is refused
// by name. Thread-safety: immutable; encode() may be called from any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace penchant {

struct Span {
  uint32_t begin = 0;  // half open
  uint32_t end = 0;
  bool operator==(const Span&) const = default;
};

// One text as tokens; the vectors have the same length T.
struct Encoding {
  std::vector<int32_t> ids;
  std::vector<Span>
      offsets;  // bytes of the original text; {0,0} for tokens the post-processor adds
  std::vector<int32_t> type_ids;
  std::vector<uint8_t> special;  // 1 for tokens the post-processor added
};

struct EncodeOptions {
  bool add_special_tokens = true;
  // 0: as the file says. Otherwise at most so many tokens, special ones included, cut on the right.
  size_t max_tokens = 0;
};

class Tokenizer {
 public:
  static Result<Tokenizer> open(const Path& tokenizer_json);
  // `place` starts every error message.
  static Result<Tokenizer> parse(std::string_view json, std::string_view place);
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Fails for invalid UTF-8 and for texts beyond limits::text_bytes.
  Result<Encoding> encode(std::string_view text, const EncodeOptions& options = {}) const;

  size_t vocabulary_size() const;                  // ids are in [0, vocabulary_size())
  std::string_view token(int32_t id) const;        // "" for an id without a token
  int32_t token_id(std::string_view token) const;  // -1 when there is none

 private:
  struct State;
  explicit Tokenizer(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

// Byte offsets of `text` to offsets in Unicode code points, in place.
void to_code_points(std::string_view text, std::vector<Span>& offsets);

}  // namespace penchant

// A Hugging Face tokenizer.json, run as the `tokenizers` package runs it: the same ids and the same
// offsets for every text, the same text for all ids.
//
//   TRY(auto tokenizer, Tokenizer::open(folder / "tokenizer.json"));
//   TRY(auto encoding, tokenizer.encode("a text", {.max_tokens = 512}));
//   TRY(auto text, tokenizer.decode(encoding.ids));
//
// The stages, in order: added tokens cut out -> normaliser -> pre-tokenizer -> model (WordPiece,
// Unigram, BPE) -> truncation -> post-processor. What a file asks for and we do not know is refused
// by name. Thread-safety: immutable; its methods may be called from any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
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

// One or two texts as tokens; the vectors have the same length T.
struct Encoding {
  std::vector<int32_t> ids;
  // Bytes of the token's own text; {0,0} for tokens the post-processor adds.
  std::vector<Span> offsets;
  std::vector<int32_t> type_ids;
  // 0: of the first text, 1: of the second, -1: the post-processor added it.
  std::vector<int8_t> sequence_ids;
};

// Which of two texts is cut. Of a single text the names all mean that one, but only_second refuses.
enum class Truncate {
  longest_first,  // the longer one, down to the length of the other; then both
  only_first,
  only_second,
};

struct EncodeOptions {
  bool add_special_tokens = true;
  // 0: as the file says. Otherwise at most so many tokens, special ones included, cut as the rest
  // here says.
  size_t max_tokens = 0;
  Truncate truncate = Truncate::longest_first;
  bool keeps_end = false;  // what goes goes on the left
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
  // The ids alone, which is much faster.
  Result<std::vector<int32_t>> encode_ids(std::string_view text,
                                          const EncodeOptions& options = {}) const;
  Result<Encoding> encode_pair(std::string_view first, std::string_view second,
                               const EncodeOptions& options = {}) const;

  // The text of the tokens; ids without a token give nothing. Fails beyond limits::decoded_bytes.
  Result<std::string> decode(std::span<const int32_t> ids, bool skip_special_tokens = true) const;

  size_t vocabulary_size() const;                  // ids are in [0, vocabulary_size())
  std::string_view token(int32_t id) const;        // "" for an id without a token
  int32_t token_id(std::string_view token) const;  // -1 when there is none
  bool is_special(int32_t id) const;               // an added token marked so

 private:
  struct State;
  explicit Tokenizer(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

// Byte offsets to offsets in Unicode code points, in place.
void to_code_points(std::string_view text, std::vector<Span>& offsets);
void to_code_points(std::string_view first, std::string_view second, Encoding& encoding);

}  // namespace penchant

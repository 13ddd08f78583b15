// The "post_processor" of a tokenizer.json: which special tokens go around the tokens of a text.
// Thread-safety: immutable.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json.h"

namespace penchant {

class PostProcessor {
 public:
  PostProcessor() = default;  // adds nothing
  // Every id it adds must be below `vocabulary_size`.
  static Result<PostProcessor> parse(const JsonView& json, size_t vocabulary_size);

  size_t added_count() const { return added_count_; }

  // RoBERTa's and ByteLevel's: offsets are to be narrowed by the white space that a token's text
  // starts and ends with (in characters), before anything is added.
  bool trims_offsets() const { return trims_offsets_; }
  struct Blank {
    uint32_t leading = 0;
    uint32_t trailing = 0;
  };
  void trim(std::string_view text, const std::vector<Blank>& blanks,
            std::vector<Span>& offsets) const;

  // `text` holds ids and offsets; the rest is filled in, and special tokens are put around it.
  Encoding process(Encoding text, bool add_special_tokens) const;

 private:
  struct Piece {
    bool is_text = false;      // the text's own tokens, instead of:
    std::vector<int32_t> ids;  // special tokens
    int32_t type_id = 0;
  };
  Result<> add(const JsonView& json, size_t vocabulary_size);
  Result<> add_template(const JsonView& json, size_t vocabulary_size);
  Result<Piece> parse_piece(const JsonView& json, const JsonView& special_tokens,
                            size_t vocabulary_size) const;
  Result<> add_trim(const JsonView& json);
  Result<> add_pair(const JsonView& json, size_t vocabulary_size);

  std::vector<Piece> pieces_;  // empty: the text alone
  size_t added_count_ = 0;
  bool trims_offsets_ = false;
  bool adds_prefix_space_ = true;
};

}  // namespace penchant

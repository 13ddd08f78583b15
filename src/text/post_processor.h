// The "post_processor" of a tokenizer.json: which special tokens go around the tokens of a text, or
// of two texts.
// Thread-safety: immutable.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
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

  // Tokens it adds.
  size_t added_count(bool is_pair) const { return (is_pair ? pair_ : single_).added_count; }

  // RoBERTa's and ByteLevel's: offsets are to be narrowed by the white space that a token's text
  // starts and ends with (in characters), before anything is added.
  bool trims_offsets() const { return trims_offsets_; }
  struct Blank {
    uint32_t leading = 0;
    uint32_t trailing = 0;
  };
  void trim(std::string_view text, const std::vector<Blank>& blanks,
            std::vector<Span>& offsets) const;

  // The texts, one or two, hold ids and offsets; the rest is filled in, and special tokens are put
  // around them.
  Encoding process(Encoding text, bool add_special_tokens) const;
  // The ids of one text, with special tokens.
  std::vector<int32_t> process_ids(std::vector<int32_t> ids) const;
  Encoding process_pair(const Encoding& first, const Encoding& second,
                        bool add_special_tokens) const;

 private:
  static constexpr int8_t added = -1;  // as Encoding::sequence_ids
  struct Piece {
    int8_t sequence = added;   // 0 or 1: that text's own tokens, instead of:
    std::vector<int32_t> ids;  // special tokens
    int32_t type_id = 0;
  };
  struct Template {
    std::vector<Piece> pieces;
    size_t added_count = 0;
  };
  Result<> add(const JsonView& json, size_t vocabulary_size);
  Result<> add_templates(const JsonView& json, size_t vocabulary_size);
  Result<> add_trim(const JsonView& json);
  Result<> add_ends(const JsonView& json, size_t vocabulary_size, bool is_roberta);

  static Result<Template> parse_template(const JsonView& json, const JsonView& special_tokens,
                                         bool is_pair, size_t vocabulary_size);
  static Result<Piece> parse_piece(const JsonView& json, const JsonView& special_tokens,
                                   bool is_pair, size_t vocabulary_size);

  static Encoding fill(const Template& of, std::array<const Encoding*, 2> texts,
                       bool add_special_tokens);

  Template single_ = {{{0, {}, 0}}, 0};
  Template pair_ = {{{0, {}, 0}, {1, {}, 1}}, 0};
  bool adds_tokens_ = false;
  bool trims_offsets_ = false;
  bool adds_prefix_space_ = true;
};

}  // namespace penchant

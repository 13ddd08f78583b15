// Tokens that are cut out of a text before the model sees it: "[CLS]", "<mask>". Some are looked
// for in the text as it comes, some in the normalised text. Thread-safety: immutable.
#pragma once

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/byte_trie.h"
#include "text/normalizer.h"
#include "text/token_model.h"
#include "text/tokenizer_json.h"

namespace penchant {

class AddedTokens {
 public:
  // Reads "added_tokens"; ids come from the model where it has the token, and go on behind its
  // vocabulary otherwise, as the package numbers them.
  static Result<AddedTokens> parse(const JsonView& json, const TokenModel& model,
                                   const Normalizer& normalizer);

  // A part of a text: an added token, or what lies between two of them (id -1).
  struct Part {
    size_t begin = 0;
    size_t end = 0;
    int32_t id = -1;
  };
  // Appends the parts of `text` in order; parts of no length are left out.
  void split_raw(std::string_view text, std::vector<Part>& parts) const;
  void split_normalized(std::string_view text, std::vector<Part>& parts) const;

  std::string_view token(int32_t id) const;        // "" when there is none
  int32_t token_id(std::string_view token) const;  // -1 when there is none
  bool is_special(std::string_view token) const { return special_.contains(token); }
  size_t ids_end() const { return ids_end_; }  // ids are below

 private:
  struct Token {
    std::string content;
    int32_t id = 0;
    bool is_single_word = false;
    bool takes_space_left = false;
    bool takes_space_right = false;
    bool is_normalized = false;
  };
  // What is looked for in one kind of text: the values are places in tokens_.
  struct Finder {
    ByteTrie trie;
    bool is_empty = true;
    std::array<bool, 256> starts_with{};  // by byte
    char only_start = 0;                  // when all tokens start with one byte
    bool has_only_start = false;

    // The next byte at which a token may start, or the end of the text.
    size_t next(std::string_view text, size_t at) const;
  };

  Result<> read(const JsonView& json, const TokenModel& model);
  Result<Finder> make_finder(const JsonView& json, const Normalizer* normalizer) const;
  void split(const Finder& finder, std::string_view text, std::vector<Part>& parts) const;
  int32_t longest_at(const Finder& finder, std::string_view text, size_t begin, size_t& end) const;

  std::vector<Token> tokens_;
  std::unordered_map<std::string, size_t> by_content_;  // places in tokens_
  std::unordered_map<int32_t, size_t> by_id_;
  std::set<std::string, std::less<>> special_;
  Finder raw_, normalized_;
  size_t ids_end_ = 0;
};

}  // namespace penchant

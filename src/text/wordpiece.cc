#include "text/wordpiece.h"

#include <fmt/format.h>

#include <utility>

#include "base/limits.h"
#include "base/utf8.h"
#include "text/vocabulary.h"

namespace penchant {

namespace {

class WordPiece final : public TokenModel {
 public:
  WordPiece(Vocabulary vocabulary, std::string_view continuing_prefix, int32_t unknown,
            size_t characters_max)
      : TokenModel(std::move(vocabulary)),
        unknown_(unknown),
        characters_max_(characters_max),
        continuing_(this->vocabulary().trie().walk(ByteTrie::root(), continuing_prefix)) {}

  Result<> tokenize(std::string_view word, std::vector<Token>& tokens) const override {
    const size_t before = tokens.size();
    const bool is_too_long = word.size() > characters_max_ && utf8_length(word) > characters_max_;
    if (is_too_long || !cut(word, tokens)) {
      tokens.resize(before);
      tokens.push_back({unknown_, 0, static_cast<uint32_t>(word.size())});
    }
    return {};
  }

 private:
  bool cut(std::string_view word, std::vector<Token>& tokens) const {
    const ByteTrie& trie = vocabulary().trie();
    ByteTrie::Node start = ByteTrie::root();
    for (size_t begin = 0; begin < word.size(); start = continuing_) {
      Token longest{-1, static_cast<uint32_t>(begin), 0};
      ByteTrie::Node node = start;
      for (size_t at = begin; at < word.size() && node != ByteTrie::none; ++at) {
        node = trie.child(node, word[at]);
        if (node == ByteTrie::none) break;
        if (trie.value(node) < 0) continue;
        longest.id = trie.value(node);
        longest.end = static_cast<uint32_t>(at + 1);
      }
      if (longest.id < 0) return false;
      tokens.push_back(longest);
      begin = longest.end;
    }
    return true;
  }

  int32_t unknown_;
  size_t characters_max_;
  ByteTrie::Node continuing_;  // behind "##"; none when no token starts so
};

}  // namespace

Result<std::unique_ptr<const TokenModel>> parse_wordpiece(const JsonView& json) {
  TRY(const JsonView unknown, json.field("unk_token"));
  TRY(const std::string_view unknown_token, unknown.text());
  TRY(const JsonView prefix, json.field("continuing_subword_prefix"));
  TRY(const std::string_view continuing_prefix, prefix.text());
  TRY(const JsonView longest, json.field("max_input_chars_per_word"));
  TRY(const uint32_t characters_max, longest.whole_number(limits::text_bytes + 1));
  TRY(Vocabulary vocabulary, parse_vocabulary(json));
  const int32_t unknown_id = vocabulary.find(unknown_token);
  if (unknown_id < 0)
    return unknown.error(fmt::format("\"{}\" is not in the vocabulary", unknown_token));
  return std::unique_ptr<const TokenModel>(std::make_unique<WordPiece>(
      std::move(vocabulary), continuing_prefix, unknown_id, characters_max));
}

}  // namespace penchant

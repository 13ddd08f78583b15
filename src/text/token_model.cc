#include "text/token_model.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "text/bpe.h"
#include "text/byte_level.h"
#include "text/unigram.h"
#include "text/wordpiece.h"

namespace penchant {

namespace {

// Files written before components had types are told apart by what they hold.
Result<std::string_view> type_of(const JsonView& json) {
  if (json.find("type")) return json.type();
  TRY(const JsonView vocab, json.field("vocab"));
  if (vocab.list().ok()) return std::string_view("Unigram");
  if (json.find("merges")) return std::string_view("BPE");
  return std::string_view(json.find("max_input_chars_per_word") ? "WordPiece" : "WordLevel");
}

}  // namespace

Result<> TokenModel::tokenize_bytes(std::string_view word, std::vector<int32_t>& ids) const {
  thread_local std::string characters;
  thread_local std::vector<Token> tokens;
  characters.clear();
  tokens.clear();
  for (const char byte : word)
    utf8_append(characters, character_of_byte(static_cast<unsigned char>(byte)));
  TRY(tokenize(characters, tokens));
  for (const Token& token : tokens) ids.push_back(token.id);
  return {};
}

Result<Vocabulary> parse_vocabulary(const JsonView& model) {
  TRY(const JsonView vocab, model.field("vocab"));
  TRY(const json::object* tokens, vocab.object());
  Vocabulary::Builder builder;
  for (const auto& [token, id] : *tokens) {
    TRY(const uint32_t number, vocab.member(token, id).whole_number(limits::vocabulary_ids));
    if (auto added = builder.add(token, number); !added.ok())
      return vocab.error(fmt::format("is wrong: {}", added.error().message));
  }
  return std::move(builder).build();
}

Result<std::unique_ptr<const TokenModel>> parse_model(const JsonView& json, UnigramPieces* cut) {
  TRY(const std::string_view type, type_of(json));
  if (type == "WordPiece") return parse_wordpiece(json);
  if (type == "Unigram") return parse_unigram(json, cut);
  if (type == "BPE") return parse_bpe(json);
  return json.error(fmt::format(
      "is of type \"{}\"; WordPiece, Unigram and BPE are what this version knows", type));
}

}  // namespace penchant

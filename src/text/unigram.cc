#include "text/unigram.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <utility>

#include "base/limits.h"
#include "text/aligned_text.h"
#include "text/byte_tokens.h"
#include "text/package_score.h"

namespace penchant {

namespace {

constexpr double unknown_penalty = 10.0;

class Unigram final : public TokenModel {
 public:
  Unigram(Vocabulary vocabulary, std::vector<double> scores, int32_t unknown, bool has_bytes)
      : TokenModel(std::move(vocabulary)),
        scores_(std::move(scores)),
        unknown_(unknown),
        bytes_(this->vocabulary(), has_bytes) {
    double lowest = std::numeric_limits<double>::infinity();
    for (const double score : scores_) lowest = std::min(lowest, score);
    unknown_score_ = lowest - unknown_penalty;
  }

  Result<> tokenize(std::string_view word, std::vector<Token>& tokens) const override {
    // Words are short nearly always; without a pre-tokenizer a word may be the whole text.
    std::array<Step, 512> few;
    std::vector<Step> many;
    std::span<Step> best(few.data(), std::min(few.size(), word.size() + 1));
    if (word.size() + 1 > few.size()) {
      many.resize(word.size() + 1);
      best = many;
    }
    TRY(find_best(word, best));
    write_down(word, best, tokens);
    return {};
  }

  std::string_view name(int32_t /*id*/, std::string_view piece) const override { return piece; }

 private:
  // The best way to cut the text up to here: its last token, and where that one begins.
  struct Step {
    double score;
    int32_t id;
    uint32_t begin;
  };
  static constexpr uint32_t unreached = UINT32_MAX;

  Result<> find_best(std::string_view word, std::span<Step> best) const {
    const ByteTrie& trie = vocabulary().trie();
    for (Step& step : best) step.begin = unreached;
    best[0].score = 0;
    for (size_t begin = 0; begin < word.size();) {
      const double score = best[begin].score;
      const size_t next_character = begin + utf8_size(word[begin]);
      bool has_character = false;
      ByteTrie::Node node = ByteTrie::root();
      for (size_t at = begin; at < word.size();) {
        node = trie.child(node, word[at]);
        if (node == ByteTrie::none) break;
        ++at;
        const int32_t id = trie.value(node);
        if (id < 0) continue;
        offer(best[at], scores_[static_cast<size_t>(id)] + score, id, begin);
        has_character |= at == next_character;
      }
      if (!has_character) {
        if (unknown_ < 0)
          return invalid(fmt::format("\"{}\" is not in the vocabulary, which has no unknown token",
                                     word.substr(begin, next_character - begin)));
        offer(best[next_character], unknown_score_ + score, unknown_, begin);
      }
      begin = next_character;
    }
    return {};
  }

  static void offer(Step& step, double score, int32_t id, size_t begin) {
    if (step.begin != unreached && score <= step.score) return;
    step = {score, id, static_cast<uint32_t>(begin)};
  }

  // From the end to the start; unknown tokens beside each other become one.
  void write_down(std::string_view word, std::span<const Step> best,
                  std::vector<Token>& tokens) const {
    const auto first = static_cast<std::ptrdiff_t>(tokens.size());
    for (auto end = static_cast<uint32_t>(word.size()); end > 0;) {
      const int32_t id = best[end].id;
      uint32_t begin = best[end].begin;
      if (id == unknown_) {
        while (begin > 0 && best[begin].id == unknown_) begin = best[begin].begin;
        write_unknown(word, begin, end, tokens);
      } else {
        tokens.push_back({id, begin, end});
      }
      end = begin;
    }
    std::reverse(tokens.begin() + first, tokens.end());
  }

  void write_unknown(std::string_view word, uint32_t begin, uint32_t end,
                     std::vector<Token>& tokens) const {
    const std::string_view text = word.substr(begin, end - begin);
    const int32_t whole = vocabulary().find(text);
    const bool in_bytes = whole < 0 && bytes_.cover(text);
    if (!in_bytes) return tokens.push_back({whole < 0 ? unknown_ : whole, begin, end});
    for (auto c = text.rbegin(); c != text.rend(); ++c) tokens.push_back({bytes_[*c], begin, end});
  }

  std::vector<double> scores_;  // by id
  double unknown_score_ = 0;
  int32_t unknown_;  // -1: none
  ByteTokens bytes_;
};

}  // namespace

namespace {

// The same as JSON values.
Result<UnigramPieces> pieces_of(const JsonView& vocab) {
  TRY(const json::array* list, vocab.list());
  UnigramPieces out;
  for (size_t i = 0; i < list->size(); ++i) {
    const JsonView entry = vocab.element(*list, i);
    TRY(const json::array* pair, entry.list());
    if (pair->size() != 2) return entry.error("must be a token and its score");
    TRY(const std::string_view token, entry.element(*pair, 0).text());
    TRY(const double score, entry.element(*pair, 1).number());
    out.texts += token;
    out.ends.push_back(static_cast<uint32_t>(out.texts.size()));
    out.scores.push_back(package_score(score));
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<const TokenModel>> parse_unigram(const JsonView& json, UnigramPieces* cut) {
  TRY(const JsonView vocab, json.field("vocab"));
  UnigramPieces pieces;
  if (cut != nullptr) {
    pieces = std::move(*cut);
  } else {
    TRY(pieces, pieces_of(vocab));
  }
  if (pieces.size() == 0) return vocab.error("is empty");
  Vocabulary::Builder builder;
  for (size_t i = 0; i < pieces.size(); ++i)
    if (auto added = builder.add(pieces.text(i), static_cast<uint32_t>(i)); !added.ok())
      return vocab.error(fmt::format("is wrong: {}", added.error().message));
  int32_t unknown_id = -1;
  if (const auto unknown = json.find("unk_id")) {
    TRY(const uint32_t id, unknown->whole_number(pieces.size()));
    unknown_id = static_cast<int32_t>(id);
  }
  bool has_bytes = false;
  if (const auto fallback = json.find("byte_fallback")) {
    TRY(has_bytes, fallback->boolean());
  }
  return std::unique_ptr<const TokenModel>(std::make_unique<Unigram>(
      std::move(builder).build(), std::move(pieces.scores), unknown_id, has_bytes));
}

}  // namespace penchant

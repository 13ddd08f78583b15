#include "text/stages.h"

#include <utility>

#include "base/utf8.h"
#include "text/unicode_tables.h"

namespace penchant {

namespace {

// White space that a token's text starts and ends with, in characters; U+0120 is how byte-level
// vocabularies write a space.
PostProcessor::Blank blank_of(std::string_view text) {
  const UnicodeTables& tables = UnicodeTables::get();
  PostProcessor::Blank blank;
  bool is_leading = true;
  for (size_t at = 0; at < text.size();) {
    const char32_t c = utf8_next(text, at);
    const bool is_blank = c == 0x120 || tables[c].is(CodePoint::space);
    is_leading &= is_blank;
    blank.leading += is_leading ? 1 : 0;
    blank.trailing = is_blank ? blank.trailing + 1 : 0;
  }
  return blank;
}

// Memory that one text after another is encoded in.
struct Scratch {
  std::vector<AddedTokens::Part> raw_parts, parts;
  AlignedText text;
  std::vector<WordSpan> words;
  PreTokenizer::Scratch cutting;
  std::vector<Token> word_tokens;

  void shrink() {
    constexpr size_t bytes_kept = 1u << 18;
    text.shrink_beyond(bytes_kept);
    cutting.text.shrink_beyond(bytes_kept);
    if (words.capacity() > bytes_kept) *this = Scratch();
  }
};

// One text on its way.
class Encoder {
 public:
  Encoder(const Stages& stages, bool wants_blanks, size_t enough, Scratch& scratch)
      : stages_(stages), wants_blanks_(wants_blanks), enough_(enough), scratch_(scratch) {}

  Result<> encode(std::string_view text) {
    scratch_.raw_parts.clear();
    stages_.added_tokens.split_raw(text, scratch_.raw_parts);
    for (const AddedTokens::Part& part : scratch_.raw_parts) {
      if (tokens.ids.size() >= enough_) break;
      const auto begin = static_cast<uint32_t>(part.begin), end = static_cast<uint32_t>(part.end);
      const std::string_view bytes = text.substr(begin, end - begin);
      if (part.id < 0) {
        TRY(encode_part(bytes, begin));
      } else {
        put(part.id, {begin, end}, bytes);
      }
    }
    return {};
  }

  TextTokens tokens;

 private:
  // What lies between two added tokens of the original text.
  Result<> encode_part(std::string_view bytes, uint32_t begin) {
    AlignedText& text = scratch_.text;
    text.reset(bytes, begin);
    TRY(stages_.normalizer.apply(text));
    scratch_.parts.clear();
    stages_.added_tokens.split_normalized(text.bytes(), scratch_.parts);
    // A pre-tokenizer may rewrite the text, so all words of one part come before the next part.
    if (scratch_.parts.size() == 1 && scratch_.parts[0].id < 0)
      return encode_words(text, 0, text.bytes().size());
    AlignedText whole;
    whole.swap(text);
    for (const AddedTokens::Part& part : scratch_.parts) {
      const auto first = static_cast<uint32_t>(part.begin), last = static_cast<uint32_t>(part.end);
      if (part.id >= 0) {
        put(part.id, whole.origin(first, last), whole.bytes().substr(first, last - first));
        continue;
      }
      text.start_over();
      text.append(whole, first, last);
      TRY(encode_words(text, 0, text.bytes().size()));
    }
    return {};
  }

  Result<> encode_words(AlignedText& text, size_t begin, size_t end) {
    const auto first = static_cast<uint32_t>(begin), last = static_cast<uint32_t>(end);
    scratch_.words.assign(1, {first, last, text.origin(first, last).begin});
    TRY(stages_.pre_tokenizer.apply(text, scratch_.words, scratch_.cutting));
    for (const WordSpan& word : scratch_.words) {
      if (tokens.ids.size() >= enough_) break;
      scratch_.word_tokens.clear();
      TRY(stages_.model->tokenize(text.bytes().substr(word.begin, word.end - word.begin),
                                  scratch_.word_tokens));
      for (const Token& token : scratch_.word_tokens) {
        uint32_t from = word.begin + token.begin, to = word.begin + token.end;
        // A token of some bytes of a character has the place of the whole character.
        while ((text.bytes()[from] & 0xC0) == 0x80) --from;
        while (to < text.bytes().size() && (text.bytes()[to] & 0xC0) == 0x80) ++to;
        put(token.id, text.origin(from, to), text.bytes().substr(from, to - from));
      }
    }
    return {};
  }

  void put(int32_t id, Span origin, std::string_view text) {
    tokens.ids.push_back(id);
    tokens.offsets.push_back(origin);
    if (wants_blanks_) tokens.blanks.push_back(blank_of(text));
  }

  const Stages& stages_;
  bool wants_blanks_;
  size_t enough_;  // tokens
  Scratch& scratch_;
};

}  // namespace

void TextTokens::keep(size_t most, bool keeps_end) {
  const size_t count = ids.size();
  if (count <= most) return;
  const auto shorten = [&](auto& list) {
    if (list.size() != count) return;  // blanks, when they are not wanted
    if (keeps_end) list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(most));
    list.resize(most);
  };
  shorten(ids);
  shorten(offsets);
  shorten(blanks);
}

Result<TextTokens> encode_text(const Stages& stages, std::string_view text, bool wants_blanks,
                               size_t enough) {
  thread_local Scratch scratch;
  Encoder encoder(stages, wants_blanks, enough, scratch);
  TRY(encoder.encode(text));
  scratch.shrink();
  return std::move(encoder.tokens);
}

}  // namespace penchant

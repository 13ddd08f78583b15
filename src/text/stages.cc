#include "text/stages.h"

#include <span>
#include <utility>

#include "base/utf8.h"
#include "text/unicode_tables.h"
#include "text/word_cache.h"

namespace penchant {

namespace {

// White space that a token's name starts and ends with, in characters; U+0120 is how byte-level
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
  WordCache cache;  // stays when the rest goes

  void shrink() {
    constexpr size_t bytes_kept = 1u << 18;
    text.shrink_beyond(bytes_kept);
    cutting.text.shrink_beyond(bytes_kept);
    if (words.capacity() <= bytes_kept) return;
    words = {};
    cutting = {};
    raw_parts = {};
    parts = {};
  }
};

// One text on its way.
class Encoder {
 public:
  Encoder(const Stages& stages, Wanted wanted, size_t enough, Scratch& scratch)
      : stages_(stages), wanted_(wanted), enough_(enough), scratch_(scratch) {}

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
    text.reset(bytes, begin, wanted_ != Wanted::ids || stages_.pre_tokenizer.needs_origins());
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
      text.start_like(whole);
      text.append(whole, first, last);
      TRY(encode_words(text, 0, text.bytes().size()));
    }
    return {};
  }

  Result<> encode_words(AlignedText& text, size_t begin, size_t end) {
    const auto first = static_cast<uint32_t>(begin), last = static_cast<uint32_t>(end);
    scratch_.words.assign(1, {first, last, text.origin(first, last).begin});
    const bool wants_ids = wanted_ == Wanted::ids;
    TRY(stages_.pre_tokenizer.apply(text, scratch_.words, scratch_.cutting, wants_ids));
    for (const WordSpan& word : scratch_.words) {
      if (tokens.ids.size() >= enough_) break;
      const std::string_view bytes = text.bytes().substr(word.begin, word.end - word.begin);
      if (wants_ids) {
        TRY(put_words(bytes));
      } else {
        TRY(put_tokens(text, bytes, word.begin));
      }
    }
    return {};
  }

  Result<> put_tokens(const AlignedText& text, std::string_view word, uint32_t begin) {
    const std::string_view bytes = text.bytes();
    scratch_.word_tokens.clear();
    TRY(stages_.model->tokenize(word, scratch_.word_tokens));
    for (const Token& token : scratch_.word_tokens) {
      uint32_t from = begin + token.begin, to = begin + token.end;
      // A token of some bytes of a character has the place of the whole character.
      while ((bytes[from] & 0xC0) == 0x80) --from;
      while (to < bytes.size() && (bytes[to] & 0xC0) == 0x80) ++to;
      put(token.id, text.origin(from, to),
          stages_.model->name(token.id, bytes.substr(from, to - from)));
    }
    return {};
  }

  // Cut further where that changes nothing: short words are met again.
  Result<> put_words(std::string_view word) {
    const std::string_view start = stages_.model->word_start();
    if (start.empty() || WordCache::takes(word)) return put_ids(word);
    size_t begin = 0;
    for (size_t at = word.find(start, 1); at != std::string_view::npos;
         at = word.find(start, at + start.size())) {
      if (word.substr(begin, at - begin).ends_with(start)) continue;
      TRY(put_ids(word.substr(begin, at - begin)));
      begin = at;
    }
    return put_ids(word.substr(begin));
  }

  Result<> put_ids(std::string_view word) {
    if (!WordCache::takes(word)) return cut_word(word, tokens.ids);
    const WordCache::Places places = scratch_.cache.places(stages_.number, word);
    if (const auto* entry = WordCache::find(places, stages_.number, word)) {
      tokens.ids.insert(tokens.ids.end(), entry->ids, entry->ids + entry->count);
      return {};
    }
    const size_t before = tokens.ids.size();
    TRY(cut_word(word, tokens.ids));
    WordCache::add(places, stages_.number, word, std::span(tokens.ids).subspan(before));
    return {};
  }

  // By the model; a byte-level pre-tokenizer has left its last step to us.
  Result<> cut_word(std::string_view word, std::vector<int32_t>& ids) {
    if (stages_.pre_tokenizer.ends_with_bytes()) return stages_.model->tokenize_bytes(word, ids);
    scratch_.word_tokens.clear();
    TRY(stages_.model->tokenize(word, scratch_.word_tokens));
    for (const Token& token : scratch_.word_tokens) ids.push_back(token.id);
    return {};
  }

  void put(int32_t id, Span origin, std::string_view name) {
    tokens.ids.push_back(id);
    if (wanted_ == Wanted::ids) return;
    tokens.offsets.push_back(origin);
    if (wanted_ == Wanted::offsets_and_blanks) tokens.blanks.push_back(blank_of(name));
  }

  const Stages& stages_;
  Wanted wanted_;
  size_t enough_;  // tokens
  Scratch& scratch_;
};

}  // namespace

void TextTokens::keep(size_t most, bool keeps_end) {
  const size_t count = ids.size();
  if (count <= most) return;
  const auto shorten = [&](auto& list) {
    if (list.size() != count) return;  // not wanted
    if (keeps_end) list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(most));
    list.resize(most);
  };
  shorten(ids);
  shorten(offsets);
  shorten(blanks);
}

Result<TextTokens> encode_text(const Stages& stages, std::string_view text, Wanted wanted,
                               size_t enough) {
  thread_local Scratch scratch;
  Encoder encoder(stages, wanted, enough, scratch);
  TRY(encoder.encode(text));
  scratch.shrink();
  return std::move(encoder.tokens);
}

}  // namespace penchant

#include "text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/limits.h"
#include "base/utf8.h"
#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/post_processor.h"
#include "text/pre_tokenizer.h"
#include "text/token_model.h"
#include "text/tokenizer_json.h"
#include "text/unicode_tables.h"

namespace penchant {

namespace {

struct Truncation {
  size_t max_tokens = 0;  // special ones included
  bool keeps_end = false;
};

Result<Truncation> parse_truncation(const JsonView& json, size_t added_count) {
  Truncation truncation;
  TRY(const JsonView length, json.field("max_length"));
  TRY(truncation.max_tokens, length.whole_number(UINT32_MAX));
  TRY(const JsonView strategy_field, json.field("strategy"));
  TRY(const std::string_view strategy, strategy_field.text());
  if (strategy != "LongestFirst" && strategy != "OnlyFirst")
    return strategy_field.error(fmt::format("\"{}\" does not apply to single texts", strategy));
  TRY(const JsonView stride_field, json.field("stride"));
  TRY(const uint32_t stride, stride_field.whole_number(UINT32_MAX));
  if (truncation.max_tokens < added_count + stride)
    return length.error(fmt::format("{} leaves no room beside {} special tokens and a stride of {}",
                                    truncation.max_tokens, added_count, stride));
  if (const auto direction = json.find("direction")) {
    TRY(const std::string_view name, direction->text());
    if (name != "Left" && name != "Right")
      return direction->error(fmt::format("must be \"Left\" or \"Right\", not \"{}\"", name));
    truncation.keeps_end = name == "Left";
  }
  return truncation;
}

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
  std::vector<Token> tokens;

  void shrink() {
    constexpr size_t bytes_kept = 1u << 18;
    text.shrink_beyond(bytes_kept);
    cutting.text.shrink_beyond(bytes_kept);
    if (words.capacity() > bytes_kept) *this = Scratch();
  }
};

}  // namespace

struct Tokenizer::State {
  std::unique_ptr<const TokenModel> model;
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  PostProcessor post_processor;
  AddedTokens added_tokens;
  std::optional<Truncation> truncation;
  size_t vocabulary_size = 0;

  static Result<State> parse(const JsonView& json);
};

namespace {

// One text on its way through the stages.
class Encoder {
 public:
  Encoder(const AddedTokens& added, const Normalizer& normalizer, const PreTokenizer& pre_tokenizer,
          const TokenModel& model, bool wants_blanks, size_t enough, Scratch& scratch)
      : added_(added),
        normalizer_(normalizer),
        pre_tokenizer_(pre_tokenizer),
        model_(model),
        wants_blanks_(wants_blanks),
        enough_(enough),
        scratch_(scratch) {}

  Result<> encode(std::string_view text) {
    scratch_.raw_parts.clear();
    added_.split_raw(text, scratch_.raw_parts);
    for (const AddedTokens::Part& part : scratch_.raw_parts) {
      if (encoding.ids.size() >= enough_) break;
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

  // Leaves at most so many tokens, the first or the last ones.
  void cut(size_t most, bool keeps_end) {
    const size_t count = encoding.ids.size();
    if (count <= most) return;
    const auto shorten = [&](auto& list) {
      if (list.size() != count) return;  // blanks, when they are not wanted
      if (keeps_end) list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(most));
      list.resize(most);
    };
    shorten(encoding.ids);
    shorten(encoding.offsets);
    shorten(blanks);
  }

  Encoding encoding;  // ids and offsets
  std::vector<PostProcessor::Blank> blanks;

 private:
  // What lies between two added tokens of the original text.
  Result<> encode_part(std::string_view bytes, uint32_t begin) {
    AlignedText& text = scratch_.text;
    text.reset(bytes, begin);
    TRY(normalizer_.apply(text));
    scratch_.parts.clear();
    added_.split_normalized(text.bytes(), scratch_.parts);
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
    TRY(pre_tokenizer_.apply(text, scratch_.words, scratch_.cutting));
    for (const WordSpan& word : scratch_.words) {
      if (encoding.ids.size() >= enough_) break;
      scratch_.tokens.clear();
      TRY(model_.tokenize(text.bytes().substr(word.begin, word.end - word.begin), scratch_.tokens));
      for (const Token& token : scratch_.tokens) {
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
    encoding.ids.push_back(id);
    encoding.offsets.push_back(origin);
    if (wants_blanks_) blanks.push_back(blank_of(text));
  }

  const AddedTokens& added_;
  const Normalizer& normalizer_;
  const PreTokenizer& pre_tokenizer_;
  const TokenModel& model_;
  bool wants_blanks_;
  size_t enough_;  // tokens
  Scratch& scratch_;
};

}  // namespace

Result<Tokenizer::State> Tokenizer::State::parse(const JsonView& json) {
  State state;
  if (const auto version = json.find("version")) {
    TRY(const std::string_view text, version->text());
    if (text != "1.0")
      return version->error(fmt::format("\"{}\" is not known, only \"1.0\"", text));
  }
  TRY(const JsonView model, json.field("model"));
  TRY(state.model, parse_model(model));
  if (const auto normalizer = json.find("normalizer")) {
    TRY(state.normalizer, Normalizer::parse(*normalizer));
  }
  if (const auto pre_tokenizer = json.find("pre_tokenizer")) {
    TRY(state.pre_tokenizer, PreTokenizer::parse(*pre_tokenizer));
  }
  if (const auto added = json.find("added_tokens")) {
    TRY(state.added_tokens, AddedTokens::parse(*added, *state.model, state.normalizer));
  }
  state.vocabulary_size = std::max(state.model->vocabulary().size(), state.added_tokens.ids_end());
  if (const auto post_processor = json.find("post_processor")) {
    TRY(state.post_processor, PostProcessor::parse(*post_processor, state.vocabulary_size));
  }
  if (const auto truncation = json.find("truncation")) {
    TRY(state.truncation, parse_truncation(*truncation, state.post_processor.added_count()));
  }
  return state;
}

Tokenizer::Tokenizer(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::open(const Path& tokenizer_json) {
  TRY(const std::string text, read_file(tokenizer_json, limits::tokenizer_bytes));
  return parse(text, tokenizer_json.string());
}

Result<Tokenizer> Tokenizer::parse(std::string_view text, std::string_view place) {
  if (text.size() > limits::tokenizer_bytes)
    return too_large(
        fmt::format("{}: {} bytes are more than {}", place, text.size(), limits::tokenizer_bytes));
  TRY(const json::value value, parse_json(text, place));
  TRY(State state, State::parse(JsonView(value, place)));
  return Tokenizer(std::make_unique<const State>(std::move(state)));
}

Result<Encoding> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  if (text.size() > limits::text_bytes)
    return too_large(
        fmt::format("text of {} bytes, more than {}", text.size(), limits::text_bytes));
  TRY(check_utf8(text, "text"));
  const State& state = *state_;
  const size_t added = options.add_special_tokens ? state.post_processor.added_count() : 0;
  Truncation truncation = state.truncation.value_or(Truncation{SIZE_MAX});
  if (options.max_tokens > 0) truncation = {options.max_tokens};
  if (truncation.max_tokens < added)
    return invalid(fmt::format("at most {} tokens leave no room for {} special tokens",
                               truncation.max_tokens, added));
  const size_t most = truncation.max_tokens - added;

  thread_local Scratch scratch;
  Encoder encoder(state.added_tokens, state.normalizer, state.pre_tokenizer, *state.model,
                  state.post_processor.trims_offsets(), truncation.keeps_end ? SIZE_MAX : most,
                  scratch);
  TRY(encoder.encode(text));
  scratch.shrink();
  encoder.cut(most, truncation.keeps_end);
  if (state.post_processor.trims_offsets())
    state.post_processor.trim(text, encoder.blanks, encoder.encoding.offsets);
  return state.post_processor.process(std::move(encoder.encoding), options.add_special_tokens);
}

size_t Tokenizer::vocabulary_size() const { return state_->vocabulary_size; }

std::string_view Tokenizer::token(int32_t id) const {
  const std::string_view added = state_->added_tokens.token(id);
  return added.empty() ? state_->model->vocabulary().token(id) : added;
}

int32_t Tokenizer::token_id(std::string_view token) const {
  const int32_t added = state_->added_tokens.token_id(token);
  return added >= 0 ? added : state_->model->vocabulary().find(token);
}

void to_code_points(std::string_view text, std::vector<Span>& offsets) {
  // Tokens come nearly in order, so one walk forth and now and then a step back.
  uint32_t byte = 0, character = 0;
  const auto is_start = [&](uint32_t at) { return (text[at] & 0xC0) != 0x80; };
  const auto seek = [&](uint32_t to) {
    if (to == 0) byte = character = 0;
    for (; byte < to; ++byte) character += is_start(byte) ? 1 : 0;
    for (; byte > to; --byte) character -= is_start(byte - 1) ? 1 : 0;
    return character;
  };
  for (Span& span : offsets) span = {seek(span.begin), seek(span.end)};
}

}  // namespace penchant

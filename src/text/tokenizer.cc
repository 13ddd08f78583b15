#include "text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <utility>

#include "base/limits.h"
#include "base/utf8.h"
#include "text/decoder.h"
#include "text/post_processor.h"
#include "text/stages.h"
#include "text/tokenizer_json.h"
#include "text/truncation.h"
#include "text/unigram_pieces.h"

namespace penchant {

struct Tokenizer::State {
  Stages stages;
  PostProcessor post_processor;
  Decoder decoder;
  Truncation truncation;
  size_t vocabulary_size = 0;

  static Result<State> parse(const JsonView& json, UnigramPieces* cut);
  Result<Truncation> truncation_of(const EncodeOptions& options, size_t added) const;
  Wanted wanted() const;
  // The tokens that stay of a single text.
  Result<TextTokens> encode(std::string_view text, const EncodeOptions& options,
                            Wanted wanted) const;
  Encoding finish(std::string_view text, TextTokens tokens) const;
};

Result<Tokenizer::State> Tokenizer::State::parse(const JsonView& json, UnigramPieces* cut) {
  static std::atomic<uint32_t> last_number{0};
  State state;
  state.stages.number = ++last_number;
  if (const auto version = json.find("version")) {
    TRY(const std::string_view text, version->text());
    if (text != "1.0")
      return version->error(fmt::format("\"{}\" is not known, only \"1.0\"", text));
  }
  Stages& stages = state.stages;
  TRY(const JsonView model, json.field("model"));
  TRY(stages.model, parse_model(model, cut));
  if (const auto normalizer = json.find("normalizer")) {
    TRY(stages.normalizer, Normalizer::parse(*normalizer));
  }
  if (const auto pre_tokenizer = json.find("pre_tokenizer")) {
    TRY(stages.pre_tokenizer, PreTokenizer::parse(*pre_tokenizer));
  }
  if (const auto added = json.find("added_tokens")) {
    TRY(stages.added_tokens, AddedTokens::parse(*added, *stages.model, stages.normalizer));
  }
  state.vocabulary_size =
      std::max(stages.model->vocabulary().size(), stages.added_tokens.ids_end());
  if (const auto post_processor = json.find("post_processor")) {
    TRY(state.post_processor, PostProcessor::parse(*post_processor, state.vocabulary_size));
  }
  if (const auto decoder = json.find("decoder")) {
    TRY(state.decoder, Decoder::parse(*decoder));
  }
  if (const auto truncation = json.find("truncation")) {
    TRY(state.truncation, Truncation::parse(*truncation, state.post_processor.added_count(false)));
  }
  return state;
}

Tokenizer::Tokenizer(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

namespace {

// Whether the list cut out was the vocabulary of a Unigram model.
bool has_mark(const json::value& value) {
  const json::object* root = value.if_object();
  const json::value* model = root == nullptr ? nullptr : root->if_contains("model");
  const json::object* fields = model == nullptr ? nullptr : model->if_object();
  if (fields == nullptr) return false;
  const auto is = [&](const char* field, std::string_view text) {
    const json::value* found = fields->if_contains(field);
    return found != nullptr && found->is_string() && std::string_view(found->get_string()) == text;
  };
  return is("type", "Unigram") && is("vocab", cut_mark);
}

}  // namespace

Result<Tokenizer> Tokenizer::open(const Path& tokenizer_json) {
  TRY(const MappedFile file, MappedFile::open(tokenizer_json));
  const auto bytes = file.bytes();
  return parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
               tokenizer_json.string());
}

Result<Tokenizer> Tokenizer::parse(std::string_view text, std::string_view place) {
  if (text.size() > limits::tokenizer_bytes)
    return too_large(
        fmt::format("{}: {} bytes are more than {}", place, text.size(), limits::tokenizer_bytes));
  auto cut = cut_unigram_pieces(text);
  auto value = parse_json(cut ? cut->json : text, place);
  if (cut && !(value.ok() && has_mark(*value))) {  // another list was cut, or the rest is wrong
    cut.reset();
    value = parse_json(text, place);
  }
  if (!value.ok()) return std::move(value).error();
  TRY(State state, State::parse(JsonView(*value, place), cut ? &cut->pieces : nullptr));
  return Tokenizer(std::make_unique<const State>(std::move(state)));
}

namespace {

Result<> check_text(std::string_view text) {
  if (text.size() > limits::text_bytes)
    return too_large(
        fmt::format("text of {} bytes, more than {}", text.size(), limits::text_bytes));
  return check_utf8(text, "text");
}

}  // namespace

Result<Truncation> Tokenizer::State::truncation_of(const EncodeOptions& options,
                                                   size_t added) const {
  Truncation chosen = truncation;
  if (options.max_tokens > 0) chosen = {options.max_tokens, options.truncate, options.keeps_end};
  if (chosen.max_tokens < added)
    return invalid(fmt::format("at most {} tokens leave no room for {} special tokens",
                               chosen.max_tokens, added));
  return chosen;
}

Wanted Tokenizer::State::wanted() const {
  return post_processor.trims_offsets() ? Wanted::offsets_and_blanks : Wanted::offsets;
}

// As the post-processor wants them.
Encoding Tokenizer::State::finish(std::string_view text, TextTokens tokens) const {
  if (post_processor.trims_offsets()) post_processor.trim(text, tokens.blanks, tokens.offsets);
  return {std::move(tokens.ids), std::move(tokens.offsets), {}, {}};
}

Result<TextTokens> Tokenizer::State::encode(std::string_view text, const EncodeOptions& options,
                                            Wanted wanted) const {
  TRY(check_text(text));
  const size_t added = options.add_special_tokens ? post_processor.added_count(false) : 0;
  TRY(const Truncation chosen, truncation_of(options, added));
  const size_t most = chosen.max_tokens - added;
  const bool may_end = !chosen.keeps_end && chosen.which != Truncate::only_second;
  TRY(TextTokens tokens, encode_text(stages, text, wanted, may_end ? most : SIZE_MAX));
  TRY(const size_t kept, chosen.kept(tokens.ids.size(), most));
  tokens.keep(kept, chosen.keeps_end);
  return tokens;
}

Result<Encoding> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  const State& state = *state_;
  TRY(TextTokens tokens, state.encode(text, options, state.wanted()));
  return state.post_processor.process(state.finish(text, std::move(tokens)),
                                      options.add_special_tokens);
}

Result<std::vector<int32_t>> Tokenizer::encode_ids(std::string_view text,
                                                   const EncodeOptions& options) const {
  TRY(TextTokens tokens, state_->encode(text, options, Wanted::ids));
  if (!options.add_special_tokens) return std::move(tokens.ids);
  return state_->post_processor.process_ids(std::move(tokens.ids));
}

Result<Encoding> Tokenizer::encode_pair(std::string_view first, std::string_view second,
                                        const EncodeOptions& options) const {
  TRY(check_text(first));
  TRY(check_text(second));
  const State& state = *state_;
  const size_t added = options.add_special_tokens ? state.post_processor.added_count(true) : 0;
  TRY(const Truncation chosen, state.truncation_of(options, added));
  TRY(TextTokens tokens, encode_text(state.stages, first, state.wanted(), SIZE_MAX));
  TRY(TextTokens others, encode_text(state.stages, second, state.wanted(), SIZE_MAX));
  TRY(const auto kept,
      chosen.kept(tokens.ids.size(), others.ids.size(), chosen.max_tokens - added));
  tokens.keep(kept.first, chosen.keeps_end);
  others.keep(kept.second, chosen.keeps_end);
  return state.post_processor.process_pair(state.finish(first, std::move(tokens)),
                                           state.finish(second, std::move(others)),
                                           options.add_special_tokens);
}

Result<std::string> Tokenizer::decode(std::span<const int32_t> ids,
                                      bool skip_special_tokens) const {
  std::vector<std::string> tokens;
  size_t bytes = 0;
  for (const int32_t id : ids) {
    const std::string_view text = token(id);
    if (text.empty()) continue;
    if (skip_special_tokens && is_special(id)) continue;
    bytes += text.size();
    if (bytes > limits::decoded_bytes) return Decoder::too_long();
    tokens.emplace_back(text);
  }
  return state_->decoder.decode(std::move(tokens));
}

size_t Tokenizer::vocabulary_size() const { return state_->vocabulary_size; }

std::string_view Tokenizer::token(int32_t id) const {
  const std::string_view added = state_->stages.added_tokens.token(id);
  return added.empty() ? state_->stages.model->vocabulary().token(id) : added;
}

bool Tokenizer::is_special(int32_t id) const {
  return state_->stages.added_tokens.is_special(token(id));
}

int32_t Tokenizer::token_id(std::string_view token) const {
  const int32_t added = state_->stages.added_tokens.token_id(token);
  return added >= 0 ? added : state_->stages.model->vocabulary().find(token);
}

namespace {

// Byte offsets of one text to code points. Tokens come nearly in order, so one walk forth and now
// and then a step back.
class CodePoints {
 public:
  explicit CodePoints(std::string_view text) : text_(text) {}

  void convert(Span& span) { span = {seek(span.begin), seek(span.end)}; }

 private:
  uint32_t seek(uint32_t to) {
    if (to == 0) byte_ = character_ = 0;
    for (; byte_ < to; ++byte_) character_ += is_start(byte_) ? 1 : 0;
    for (; byte_ > to; --byte_) character_ -= is_start(byte_ - 1) ? 1 : 0;
    return character_;
  }
  bool is_start(uint32_t at) const { return (text_[at] & 0xC0) != 0x80; }

  std::string_view text_;
  uint32_t byte_ = 0, character_ = 0;
};

}  // namespace

void to_code_points(std::string_view text, std::vector<Span>& offsets) {
  CodePoints points(text);
  for (Span& span : offsets) points.convert(span);
}

void to_code_points(std::string_view first, std::string_view second, Encoding& encoding) {
  CodePoints of_first(first), of_second(second);
  for (size_t i = 0; i < encoding.offsets.size(); ++i)
    if (encoding.sequence_ids[i] >= 0)
      (encoding.sequence_ids[i] == 0 ? of_first : of_second).convert(encoding.offsets[i]);
}

}  // namespace penchant

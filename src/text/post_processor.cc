#include "text/post_processor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace penchant {

namespace {

Result<int32_t> parse_id(const JsonView& json, size_t vocabulary_size) {
  TRY(const uint32_t id, json.whole_number(vocabulary_size));
  return static_cast<int32_t>(id);
}

// Moves `at` by so many characters, but not beyond `end`.
uint32_t forward(std::string_view text, uint32_t at, uint32_t end, uint32_t characters) {
  for (; characters > 0 && at < end; --characters) {
    do ++at;
    while (at < text.size() && (text[at] & 0xC0) == 0x80);
  }
  return std::min(at, end);
}

// Moves `at` back; false when there are not so many characters before it.
bool backward(std::string_view text, uint32_t& at, uint32_t characters) {
  for (; characters > 0; --characters) {
    if (at == 0) return false;
    do --at;
    while ((text[at] & 0xC0) == 0x80);
  }
  return true;
}

}  // namespace

Result<PostProcessor> PostProcessor::parse(const JsonView& json, size_t vocabulary_size) {
  PostProcessor processor;
  TRY(processor.add(json, vocabulary_size));
  return processor;
}

Result<> PostProcessor::add(const JsonView& json, size_t vocabulary_size) {
  TRY(const std::string_view type, json.type());
  if (type == "Sequence") {
    TRY(const JsonView parts, json.field("processors"));
    TRY(const json::array* list, parts.list());
    for (size_t i = 0; i < list->size(); ++i) TRY(add(parts.element(*list, i), vocabulary_size));
    return {};
  }
  // What one adds another would have to work on; no file does that.
  if (adds_tokens_) return json.error("follows a processor that already adds tokens");
  if (type == "TemplateProcessing") return add_templates(json, vocabulary_size);
  if (type == "BertProcessing") return add_ends(json, vocabulary_size, false);
  if (type == "ByteLevel") return add_trim(json);
  if (type == "RobertaProcessing") {
    TRY(add_trim(json));
    return add_ends(json, vocabulary_size, true);
  }
  return json.error(fmt::format("is a post-processor of the unknown type \"{}\"", type));
}

Result<> PostProcessor::add_trim(const JsonView& json) {
  if (trims_offsets_) return json.error("follows a processor that already trims offsets");
  TRY(const JsonView trims, json.field("trim_offsets"));
  TRY(trims_offsets_, trims.boolean());
  TRY(const JsonView prefix, json.field("add_prefix_space"));
  TRY(adds_prefix_space_, prefix.boolean());
  return {};
}

// "cls" text "sep", each a token and its id. A second text follows with its own "sep", after one
// more "sep" in RoBERTa's way, which has the type 0 for everything.
Result<> PostProcessor::add_ends(const JsonView& json, size_t vocabulary_size, bool is_roberta) {
  const auto id = [&](std::string_view name) -> Result<int32_t> {
    TRY(const JsonView field, json.field(name));
    TRY(const json::array* pair, field.list());
    if (pair->size() != 2) return field.error("must be a token and its id");
    TRY(field.element(*pair, 0).text());
    return parse_id(field.element(*pair, 1), vocabulary_size);
  };
  TRY(const int32_t first, id("cls"));
  TRY(const int32_t last, id("sep"));
  const int32_t second_type = is_roberta ? 0 : 1;
  single_ = {{{added, {first}, 0}, {0, {}, 0}, {added, {last}, 0}}, 2};
  pair_ = single_;
  if (is_roberta) pair_.pieces.push_back({added, {last}, 0});
  pair_.pieces.push_back({1, {}, second_type});
  pair_.pieces.push_back({added, {last}, second_type});
  pair_.added_count = is_roberta ? 4 : 3;
  adds_tokens_ = true;
  return {};
}

Result<> PostProcessor::add_templates(const JsonView& json, size_t vocabulary_size) {
  TRY(const JsonView special_tokens, json.field("special_tokens"));
  TRY(special_tokens.object());
  TRY(const JsonView single, json.field("single"));
  TRY(single_, parse_template(single, special_tokens, false, vocabulary_size));
  TRY(const JsonView pair, json.field("pair"));
  TRY(pair_, parse_template(pair, special_tokens, true, vocabulary_size));
  adds_tokens_ = true;
  return {};
}

Result<PostProcessor::Template> PostProcessor::parse_template(const JsonView& json,
                                                              const JsonView& special_tokens,
                                                              bool is_pair,
                                                              size_t vocabulary_size) {
  TRY(const json::array* list, json.list());
  if (list->empty()) return json.error("is empty");
  Template out;
  for (size_t i = 0; i < list->size(); ++i) {
    TRY(Piece piece, parse_piece(json.element(*list, i), special_tokens, is_pair, vocabulary_size));
    out.added_count += piece.ids.size();
    out.pieces.push_back(std::move(piece));
  }
  if (out.pieces.size() > limits::template_pieces || out.added_count > limits::template_pieces)
    return json.error(fmt::format("adds more than {} tokens", limits::template_pieces));
  return out;
}

Result<PostProcessor::Piece> PostProcessor::parse_piece(const JsonView& json,
                                                        const JsonView& special_tokens,
                                                        bool is_pair, size_t vocabulary_size) {
  Piece piece;
  const auto sequence = json.find("Sequence"), special = json.find("SpecialToken");
  if (sequence.has_value() == special.has_value())
    return json.error("must have either a \"Sequence\" or a \"SpecialToken\"");
  const JsonView& place = sequence ? *sequence : *special;
  TRY(const JsonView type, place.field("type_id"));
  TRY(const uint32_t type_id, type.whole_number(limits::vocabulary_ids));
  piece.type_id = static_cast<int32_t>(type_id);
  TRY(const JsonView id_field, place.field("id"));
  TRY(const std::string_view id, id_field.text());
  if (sequence) {
    if (id != "A" && !(is_pair && id == "B"))
      return id_field.error(
          fmt::format("must be \"A\"{}, not \"{}\"", is_pair ? " or \"B\"" : "", id));
    piece.sequence = id == "A" ? 0 : 1;
    return piece;
  }
  TRY(const JsonView token, special_tokens.field(id));
  TRY(const JsonView ids_field, token.field("ids"));
  TRY(const json::array* ids, ids_field.list());
  for (size_t i = 0; i < ids->size(); ++i) {
    TRY(const int32_t number, parse_id(ids_field.element(*ids, i), vocabulary_size));
    piece.ids.push_back(number);
  }
  return piece;
}

void PostProcessor::trim(std::string_view text, const std::vector<Blank>& blanks,
                         std::vector<Span>& offsets) const {
  for (size_t i = 0; i < offsets.size(); ++i) {
    Span& span = offsets[i];
    uint32_t leading = blanks[i].leading;
    // One space in front of the first token is the one that was put there.
    const bool is_first = i == 0 || span.begin == 0;
    if (is_first && adds_prefix_space_ && leading == 1) leading = 0;
    span.begin = forward(text, span.begin, span.end, leading);
    uint32_t end = span.end;
    if (blanks[i].trailing > 0 && backward(text, end, blanks[i].trailing))
      span.end = std::max(end, span.begin);
  }
}

Encoding PostProcessor::process(Encoding text, bool add_special_tokens) const {
  if (!adds_tokens_) {
    text.type_ids.assign(text.ids.size(), 0);
    text.sequence_ids.assign(text.ids.size(), 0);
    return text;
  }
  return fill(single_, {&text, &text}, add_special_tokens);
}

std::vector<int32_t> PostProcessor::process_ids(std::vector<int32_t> ids) const {
  if (!adds_tokens_) return ids;
  std::vector<int32_t> all;
  all.reserve(ids.size() + single_.added_count);
  for (const Piece& piece : single_.pieces) {
    const std::vector<int32_t>& from = piece.sequence == added ? piece.ids : ids;
    all.insert(all.end(), from.begin(), from.end());
  }
  return all;
}

Encoding PostProcessor::process_pair(const Encoding& first, const Encoding& second,
                                     bool add_special_tokens) const {
  return fill(pair_, {&first, &second}, add_special_tokens);
}

Encoding PostProcessor::fill(const Template& of, std::array<const Encoding*, 2> texts,
                             bool add_special_tokens) {
  const auto text_of = [&](const Piece& piece) -> const Encoding& {
    return piece.sequence == 0 ? *texts[0] : *texts[1];
  };
  Encoding all;
  size_t size = of.added_count;
  for (const Piece& piece : of.pieces)
    if (piece.sequence != added) size += text_of(piece).ids.size();
  all.ids.reserve(size), all.offsets.reserve(size);
  all.type_ids.reserve(size), all.sequence_ids.reserve(size);
  for (const Piece& piece : of.pieces) {
    if (piece.sequence != added) {
      const Encoding& text = text_of(piece);
      all.ids.insert(all.ids.end(), text.ids.begin(), text.ids.end());
      all.offsets.insert(all.offsets.end(), text.offsets.begin(), text.offsets.end());
    } else if (add_special_tokens) {
      all.ids.insert(all.ids.end(), piece.ids.begin(), piece.ids.end());
      all.offsets.resize(all.ids.size());
    }
    all.type_ids.resize(all.ids.size(), piece.type_id);
    all.sequence_ids.resize(all.ids.size(), piece.sequence);
  }
  return all;
}

}  // namespace penchant

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
  if (!pieces_.empty()) return json.error("follows a processor that already adds tokens");
  if (type == "TemplateProcessing") return add_template(json, vocabulary_size);
  if (type == "BertProcessing") return add_pair(json, vocabulary_size);
  if (type == "ByteLevel") return add_trim(json);
  if (type == "RobertaProcessing") {
    TRY(add_trim(json));
    return add_pair(json, vocabulary_size);
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

// "cls" text "sep", each a token and its id.
Result<> PostProcessor::add_pair(const JsonView& json, size_t vocabulary_size) {
  const auto id = [&](std::string_view name) -> Result<int32_t> {
    TRY(const JsonView field, json.field(name));
    TRY(const json::array* pair, field.list());
    if (pair->size() != 2) return field.error("must be a token and its id");
    TRY(field.element(*pair, 0).text());
    return parse_id(field.element(*pair, 1), vocabulary_size);
  };
  TRY(const int32_t first, id("cls"));
  TRY(const int32_t last, id("sep"));
  pieces_ = {{false, {first}, 0}, {true, {}, 0}, {false, {last}, 0}};
  added_count_ = 2;
  return {};
}

Result<> PostProcessor::add_template(const JsonView& json, size_t vocabulary_size) {
  TRY(const JsonView single, json.field("single"));
  TRY(const json::array* list, single.list());
  if (list->empty()) return single.error("is empty");
  TRY(const JsonView special_tokens, json.field("special_tokens"));
  TRY(special_tokens.object());
  for (size_t i = 0; i < list->size(); ++i) {
    TRY(Piece piece, parse_piece(single.element(*list, i), special_tokens, vocabulary_size));
    added_count_ += piece.ids.size();
    pieces_.push_back(std::move(piece));
  }
  if (pieces_.size() > limits::template_pieces || added_count_ > limits::template_pieces)
    return single.error(fmt::format("adds more than {} tokens", limits::template_pieces));
  return {};
}

Result<PostProcessor::Piece> PostProcessor::parse_piece(const JsonView& json,
                                                        const JsonView& special_tokens,
                                                        size_t vocabulary_size) const {
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
    if (id != "A") return id_field.error(fmt::format("must be \"A\", not \"{}\"", id));
    piece.is_text = true;
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
  text.type_ids.assign(text.ids.size(), 0);
  text.special.assign(text.ids.size(), 0);
  if (pieces_.empty()) return text;
  Encoding all;
  const size_t size = text.ids.size() + added_count_;
  all.ids.reserve(size), all.offsets.reserve(size);
  all.type_ids.reserve(size), all.special.reserve(size);
  for (const Piece& piece : pieces_) {
    if (piece.is_text) {
      all.ids.insert(all.ids.end(), text.ids.begin(), text.ids.end());
      all.offsets.insert(all.offsets.end(), text.offsets.begin(), text.offsets.end());
    } else if (add_special_tokens) {
      all.ids.insert(all.ids.end(), piece.ids.begin(), piece.ids.end());
      all.offsets.resize(all.ids.size());
    }
    all.type_ids.resize(all.ids.size(), piece.type_id);
    all.special.resize(all.ids.size(), piece.is_text ? 0 : 1);
  }
  return all;
}

}  // namespace penchant

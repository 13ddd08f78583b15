#include "text/normalizer.h"

#include <fmt/format.h>

#include <utility>

#include "base/limits.h"
#include "text/bert_normalizer.h"
#include "text/byte_level.h"
#include "text/unicode_tables.h"

namespace penchant {

namespace {

using namespace normalizers;

void apply_step(const Bert& step, AlignedText& text) { normalize_for_bert(step, text); }

void apply_step(UnicodeForm form, AlignedText& text) { to_form(form, text); }

void apply_step(const Lowercase&, AlignedText& text) { to_lower(text); }

void apply_step(const StripAccents&, AlignedText& text) {
  if (is_ascii(text.bytes())) return;
  const UnicodeTables& tables = UnicodeTables::get();
  text.filter([&](char32_t c) { return !tables[c].is(CodePoint::combining); });
}

// The control characters and kinds of white space of SentencePiece's "nmt" rules.
void apply_step(const Nmt&, AlignedText& text) {
  text.filter([](char32_t c) {
    const bool is_removed = (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) ||
                            c == 0x7F || c == 0x8F || c == 0x9F;
    return !is_removed;
  });
  text.scratch.clear();
  for (size_t at = 0; at < text.bytes().size();) {
    char32_t c = utf8_next(text.bytes(), at);
    const bool is_space = c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 ||
                          (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 ||
                          c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
    text.scratch.push_back({is_space ? U' ' : c, 0});
  }
  text.transform(text.scratch);
}

void apply_step(const Strip& step, AlignedText& text) {
  const UnicodeTables& tables = UnicodeTables::get();
  std::vector<Change>& changes = text.scratch;
  changes.clear();
  size_t leading = 0, trailing = 0;  // white space, in characters
  for (size_t at = 0; at < text.bytes().size();) {
    const char32_t c = utf8_next(text.bytes(), at);
    const bool is_space = tables[c].is(CodePoint::space);
    if (is_space && step.left && changes.empty()) {
      ++leading;
    } else {
      changes.push_back({c, 0});
      trailing = is_space ? trailing + 1 : 0;
    }
  }
  if (!step.right) trailing = 0;
  if (leading == 0 && trailing == 0) return;
  changes.resize(changes.size() - trailing);
  text.transform(changes, leading);
}

// What takes the place of a match has the origin of the match's last character.
// False when the regular expression takes too many steps.
bool apply_step(const Replace& step, AlignedText& text) {
  Pattern::Match match;
  size_t steps = Regex::steps_for(text.bytes().size());
  if (!step.pattern.find(text.bytes(), 0, match, steps)) return steps > 0;
  if (!text.is_tracked()) {
    std::string& written = text.rewritten();
    size_t from = 0;
    do {
      written.append(text.bytes(), from, match.begin - from).append(step.content);
      from = match.end;
    } while (step.pattern.find(text.bytes(), from, match, steps));
    written.append(text.bytes(), from);
    text.rewrite();
    return steps > 0;
  }
  AlignedText replaced;
  replaced.start_like(text);
  size_t done = 0;
  const auto size = text.bytes().size();
  do {
    const auto begin = static_cast<uint32_t>(match.begin), end = static_cast<uint32_t>(match.end);
    replaced.append(text, static_cast<uint32_t>(done), begin);
    replaced.append(step.content, text.origin_of_last(end));
    done = end;
  } while (step.pattern.find(text.bytes(), done, match, steps));
  replaced.append(text, static_cast<uint32_t>(done), static_cast<uint32_t>(size));
  text.swap(replaced);
  return steps > 0;
}

// What is put in front shares the place of the first character.
void apply_step(const Prepend& step, AlignedText& text) {
  if (text.bytes().empty()) return;
  AlignedText longer;
  longer.start_like(text);
  longer.append(step.text, text.origin(0, utf8_size(text.bytes()[0])));
  longer.append(text, 0, static_cast<uint32_t>(text.bytes().size()));
  text.swap(longer);
}

void apply_step(const ByteLevel&, AlignedText& text) {
  text.scratch.clear();
  for (const char byte : text.bytes()) {
    const bool is_first = (byte & 0xC0) != 0x80;
    text.scratch.push_back({character_of_byte(static_cast<unsigned char>(byte)), is_first ? 0 : 1});
  }
  text.transform(text.scratch);
}

void apply_step(const Charsmap& step, AlignedText& text) { step.apply(text); }

Result<bool> flag(const JsonView& json, std::string_view name) {
  TRY(const JsonView value, json.field(name));
  return value.boolean();
}

Result<Step> parse_bert(const JsonView& json) {
  Bert bert;
  TRY(bert.cleans, flag(json, "clean_text"));
  TRY(bert.spaces_chinese, flag(json, "handle_chinese_chars"));
  TRY(bert.lowers, flag(json, "lowercase"));
  bert.strips_accents = bert.lowers;
  if (const auto strip = json.find("strip_accents")) {
    TRY(bert.strips_accents, strip->boolean());
  }
  return Step(bert);
}

Result<Step> parse_strip(const JsonView& json) {
  Strip strip;
  TRY(strip.left, flag(json, "strip_left"));
  TRY(strip.right, flag(json, "strip_right"));
  return Step(strip);
}

Result<Step> parse_prepend(const JsonView& json) {
  TRY(const JsonView prepend, json.field("prepend"));
  TRY(const std::string_view text, prepend.text());
  if (text.empty() || text.size() > limits::token_bytes)
    return prepend.error(fmt::format("must have 1 to {} bytes", limits::token_bytes));
  return Step(Prepend{std::string(text)});
}

Result<Step> parse_charsmap(const JsonView& json) {
  TRY(const JsonView field, json.field("precompiled_charsmap"));
  TRY(const std::string_view base64, field.text());
  auto charsmap = Charsmap::parse_base64(base64);
  if (!charsmap.ok()) return field.error(fmt::format("is damaged: {}", charsmap.error().message));
  return Step(*std::move(charsmap));
}

Result<Step> parse_step(std::string_view type, const JsonView& json) {
  if (type == "BertNormalizer" || type == "Bert") return parse_bert(json);
  if (type == "NFC") return Step(UnicodeForm::nfc);
  if (type == "NFD") return Step(UnicodeForm::nfd);
  if (type == "NFKC") return Step(UnicodeForm::nfkc);
  if (type == "NFKD") return Step(UnicodeForm::nfkd);
  if (type == "Lowercase") return Step(Lowercase());
  if (type == "StripAccents") return Step(StripAccents());
  if (type == "Nmt") return Step(Nmt());
  if (type == "Strip") return parse_strip(json);
  if (type == "ByteLevel") return Step(ByteLevel());
  if (type == "Replace") {
    TRY(Replace replace, parse_replace(json));
    return Step(std::move(replace));
  }
  if (type == "Prepend") return parse_prepend(json);
  if (type == "Precompiled") return parse_charsmap(json);
  return json.error(fmt::format("is a normalizer of the unknown type \"{}\"", type));
}

}  // namespace

Result<normalizers::Replace> parse_replace(const JsonView& json) {
  TRY(const JsonView pattern_json, json.field("pattern"));
  TRY(Pattern pattern, Pattern::parse(pattern_json));
  TRY(const JsonView content_json, json.field("content"));
  TRY(const std::string_view content, content_json.text());
  if (content.size() > limits::token_bytes)
    return content_json.error(
        fmt::format("has {} bytes, more than {}", content.size(), limits::token_bytes));
  return Replace{std::move(pattern), std::string(content)};
}

Result<Normalizer> Normalizer::parse(const JsonView& json) {
  Normalizer normalizer;
  TRY(normalizer.add_steps(json));
  return normalizer;
}

Result<> Normalizer::add_steps(const JsonView& json) {
  TRY(const std::string_view type, json.type());
  if (type != "Sequence") {
    TRY(Step step, parse_step(type, json));
    steps_.push_back(std::move(step));
    return {};
  }
  TRY(const JsonView parts, json.field("normalizers"));
  TRY(const json::array* list, parts.list());
  for (size_t i = 0; i < list->size(); ++i) TRY(add_steps(parts.element(*list, i)));
  return {};
}

Result<> Normalizer::apply(AlignedText& text) const {
  const auto finishes = [&](const auto& step) {
    if constexpr (std::is_same_v<decltype(apply_step(step, text)), bool>) {
      return apply_step(step, text);
    } else {
      apply_step(step, text);
      return true;
    }
  };
  for (const Step& step : steps_)
    if (!std::visit(finishes, step)) return Regex::out_of_steps();
  return {};
}

}  // namespace penchant

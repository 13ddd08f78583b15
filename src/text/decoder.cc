#include "text/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/limits.h"
#include "base/utf8.h"
#include "text/byte_level.h"

namespace penchant {

namespace {

using namespace decoders;
using Tokens = std::vector<std::string>;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty() || text.find(from) == std::string::npos) return;
  std::string out;
  size_t done = 0;
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, done)) {
    out.append(text, done, at - done).append(to);
    done = at + from.size();
  }
  text = std::move(out.append(text, done));
}

Result<> apply_step(const WordPiece& step, Tokens& tokens) {
  static constexpr std::pair<std::string_view, std::string_view> clean_ups[] = {
      {" .", "."},   {" ?", "?"},     {" !", "!"},     {" ,", ","},
      {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},   {" do not", " don't"},
      {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
  };
  for (size_t i = 0; i < tokens.size(); ++i) {
    std::string& token = tokens[i];
    if (i > 0) {
      if (token.starts_with(step.prefix)) {
        token.erase(0, step.prefix.size());
      } else {
        token = fmt::format(" {}", token);
      }
    }
    if (!step.cleans_up) continue;
    for (const auto& [from, to] : clean_ups) replace_all(token, from, to);
  }
  return {};
}

// All bytes together, so that a character may be spread over tokens; what is no UTF-8 then becomes
// U+FFFD. A token with a character that stands for no byte stands for itself.
Result<> apply_step(const ByteLevel&, Tokens& tokens) {
  std::string all;
  for (const std::string& token : tokens) {
    const size_t before = all.size();
    for (size_t at = 0; at < token.size();) {
      const int byte = byte_of_character(utf8_next(token, at));
      if (byte < 0) {
        all.replace(before, std::string::npos, token);
        break;
      }
      all.push_back(static_cast<char>(byte));
    }
  }
  tokens.assign(1, utf8_mended(all));
  return {};
}

// The byte of "<0x41>", or -1. The package takes "<0x+4>" too.
int fallback_byte(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
  const char* begin = token.data() + (token[3] == '+' ? 4 : 3);
  const char* const end = token.data() + 5;
  int byte = 0;
  const auto read = std::from_chars(begin, end, byte, 16);
  return read.ec == std::errc() && read.ptr == end && *begin != '-' ? byte : -1;
}

// Neighbouring bytes become one text, or one U+FFFD for each.
Result<> apply_step(const ByteFallback&, Tokens& tokens) {
  Tokens out;
  std::string bytes;
  const auto write_bytes = [&] {
    if (utf8_invalid_at(bytes) == std::string::npos) {
      if (!bytes.empty()) out.push_back(bytes);
    } else {
      out.insert(out.end(), bytes.size(), "\xEF\xBF\xBD");
    }
    bytes.clear();
  };
  for (std::string& token : tokens) {
    const int byte = fallback_byte(token);
    if (byte >= 0) {
      bytes.push_back(static_cast<char>(byte));
      continue;
    }
    write_bytes();
    out.push_back(std::move(token));
  }
  write_bytes();
  tokens = std::move(out);
  return {};
}

std::string joined(const Tokens& tokens, std::string_view between) {
  return fmt::format("{}", fmt::join(tokens, between));
}

Result<> apply_step(const Fuse&, Tokens& tokens) {
  tokens.assign(1, joined(tokens, ""));
  return {};
}

Result<> apply_step(const WordEnd& step, Tokens& tokens) {
  for (size_t i = 0; i < tokens.size(); ++i)
    replace_all(tokens[i], step.suffix, i + 1 < tokens.size() ? " " : "");
  return {};
}

Result<> apply_step(const Strip& step, Tokens& tokens) {
  std::string character;
  utf8_append(character, step.character);
  for (std::string& token : tokens) {
    size_t begin = 0, end = token.size();
    const std::string_view text = token;
    for (size_t i = 0; i < step.left && text.substr(begin).starts_with(character); ++i)
      begin += character.size();
    for (size_t i = 0; i < step.right && text.substr(begin, end - begin).ends_with(character); ++i)
      end -= character.size();
    token = std::string(text.substr(begin, end - begin));
  }
  return {};
}

Result<> apply_step(const normalizers::Replace& step, Tokens& tokens) {
  size_t bytes = 0;
  for (std::string& token : tokens) {
    std::string out;
    size_t done = 0, steps = Regex::steps_for(token.size());
    Pattern::Match match;
    while (step.pattern.find(token, done, match, steps)) {
      out.append(token, done, match.begin - done).append(step.content);
      done = match.end;
      if (bytes + out.size() > limits::decoded_bytes) return Decoder::too_long();
    }
    if (steps == 0) return Regex::out_of_steps();
    token = std::move(out.append(token, done));
    bytes += token.size();
  }
  return {};
}

Result<> apply_step(const pre_tokenizers::Metaspace& step, Tokens& tokens) {
  const bool is_prepended = step.prepend != pre_tokenizers::Metaspace::Prepend::never;
  for (size_t i = 0; i < tokens.size(); ++i)
    replace_all(tokens[i], step.text, i == 0 && is_prepended ? "" : " ");
  return {};
}

Result<std::string> short_text(const JsonView& json, std::string_view name) {
  TRY(const JsonView field, json.field(name));
  TRY(const std::string_view text, field.text());
  if (text.size() > limits::token_bytes)
    return field.error(fmt::format("has {} bytes, more than {}", text.size(), limits::token_bytes));
  return std::string(text);
}

Result<Step> parse_wordpiece_decoder(const JsonView& json) {
  WordPiece step;
  TRY(step.prefix, short_text(json, "prefix"));
  TRY(const JsonView cleanup, json.field("cleanup"));
  TRY(step.cleans_up, cleanup.boolean());
  return Step(std::move(step));
}

Result<Step> parse_strip_decoder(const JsonView& json) {
  Strip step;
  TRY(const JsonView content, json.field("content"));
  TRY(step.character, content.character());
  TRY(const JsonView start, json.field("start"));
  TRY(step.left, start.whole_number(limits::decoded_bytes));
  TRY(const JsonView stop, json.field("stop"));
  TRY(step.right, stop.whole_number(limits::decoded_bytes));
  return Step(step);
}

Result<Step> parse_step(std::string_view type, const JsonView& json) {
  if (type == "WordPiece") return parse_wordpiece_decoder(json);
  if (type == "ByteLevel") return Step(ByteLevel());
  if (type == "ByteFallback") return Step(ByteFallback());
  if (type == "Fuse") return Step(Fuse());
  if (type == "Strip") return parse_strip_decoder(json);
  if (type == "BPEDecoder") {
    TRY(std::string suffix, short_text(json, "suffix"));
    return Step(WordEnd{std::move(suffix)});
  }
  if (type == "Replace") {
    TRY(normalizers::Replace replace, parse_replace(json));
    return Step(std::move(replace));
  }
  if (type == "Metaspace") {
    TRY(pre_tokenizers::Metaspace metaspace, parse_metaspace(json));
    return Step(std::move(metaspace));
  }
  return json.error(fmt::format("is a decoder of the unknown type \"{}\"", type));
}

}  // namespace

Result<Decoder> Decoder::parse(const JsonView& json) {
  Decoder decoder;
  decoder.is_there_ = true;
  TRY(decoder.add_steps(json));
  return decoder;
}

Result<> Decoder::add_steps(const JsonView& json) {
  TRY(const std::string_view type, json.type());
  if (type != "Sequence") {
    TRY(Step step, parse_step(type, json));
    steps_.push_back(std::move(step));
    return {};
  }
  TRY(const JsonView parts, json.field("decoders"));
  TRY(const json::array* list, parts.list());
  for (size_t i = 0; i < list->size(); ++i) TRY(add_steps(parts.element(*list, i)));
  return {};
}

Error Decoder::too_long() {
  return too_large(
      fmt::format("the text of these tokens has more than {} bytes", limits::decoded_bytes));
}

Result<std::string> Decoder::decode(std::vector<std::string> tokens) const {
  for (const Step& step : steps_)
    TRY(std::visit([&](const auto& known) { return apply_step(known, tokens); }, step));
  return joined(tokens, is_there_ ? "" : " ");
}

}  // namespace penchant

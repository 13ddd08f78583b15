// Any bytes as text: check_utf8 agrees with a decoder written another way, and the tokenizers refuse
// exactly what is no UTF-8 and give offsets on character boundaries for the rest.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/utf8.h"
#include "text/tokenizer.h"

namespace penchant {

namespace {

// Decodes by counting leading ones and judges the number that comes out, instead of byte ranges.
std::optional<std::vector<char32_t>> decode(std::string_view text) {
  std::vector<char32_t> out;
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    size_t ones = 0;
    while (ones < 8 && (lead << ones & 0x80) != 0) ++ones;
    if (ones == 1 || ones > 4) return {};
    const size_t length = ones == 0 ? 1 : ones;
    if (length > text.size() - at) return {};
    char32_t c = ones == 0 ? lead : lead & (0x7Fu >> ones);
    for (size_t i = 1; i < length; ++i) {
      const auto byte = static_cast<unsigned char>(text[at + i]);
      if (byte >> 6 != 2) return {};
      c = c << 6 | (byte & 0x3F);
    }
    constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (c < least[length] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return {};
    out.push_back(c);
    at += length;
  }
  return out;
}

Tokenizer make(std::string_view json) {
  auto tokenizer = Tokenizer::parse(json, "built in");
  CHECK(tokenizer.ok(), tokenizer.error().message);
  return *std::move(tokenizer);
}

// What BERT, XLM-RoBERTa (but for its charsmap) and GPT-2 do.
const std::vector<Tokenizer>& tokenizers() {
  static const auto all = [] {
    std::vector<Tokenizer> made;
    made.push_back(make(R"({
      "added_tokens": [{"id": 1, "content": "[X]", "single_word": true, "lstrip": true,
                        "rstrip": true, "normalized": false, "special": true},
                       {"id": 2, "content": "\u00c9a", "single_word": false, "lstrip": false,
                        "rstrip": false, "normalized": true, "special": false}],
      "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                     "strip_accents": null, "lowercase": true},
      "pre_tokenizer": {"type": "BertPreTokenizer"},
      "post_processor": {"type": "BertProcessing", "cls": ["[X]", 1], "sep": ["[X]", 1]},
      "model": {"type": "WordPiece", "unk_token": "?", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100,
                "vocab": {"?": 0, "[X]": 1, "a": 3, "##a": 4, "b": 5, "\u4e2d": 6, "##\u0301": 7}}})"));
    made.push_back(make(R"({
      "normalizer": {"type": "Sequence", "normalizers": [
        {"type": "NFKC"}, {"type": "Lowercase"}, {"type": "Nmt"},
        {"type": "Strip", "strip_left": true, "strip_right": true},
        {"type": "Replace", "pattern": {"Regex": "\\s{2,}"}, "content": " "}]},
      "pre_tokenizer": {"type": "Metaspace", "replacement": "_", "prepend_scheme": "always"},
      "post_processor": {"type": "RobertaProcessing", "cls": ["?", 0], "sep": ["?", 0],
                         "trim_offsets": true, "add_prefix_space": true},
      "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": true,
                "vocab": [["?", 0], ["_", -2], ["a", -3], ["aa", -4], ["_a", -3.5], ["\u4e2d", -5],
                          ["<0xE2>", -9], ["<0x98>", -9], ["<0x83>", -9]]}})"));
    // What GPT-2 does, with most bytes unknown.
    made.push_back(make(R"({
      "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true, "use_regex": true},
      "post_processor": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true},
      "model": {"type": "BPE", "unk_token": "?", "vocab": {"?": 0, "a": 1, "\u0120": 2, "\u0120a": 3,
                "\u00e4": 4, "\u00b8": 5, "\u0143": 6, "\u00e4\u00b8": 7, "\u00e4\u00b8\u0143": 8},
                "merges": ["\u0120 a", "\u00e4 \u00b8", "\u00e4\u00b8 \u0143"]}})"));
    return made;
  }();
  return all;
}

void check_encoding(const Tokenizer& tokenizer, std::string_view text) {
  auto encoding = tokenizer.encode(text);
  CHECK(encoding.ok(), "valid UTF-8 is encoded");
  CHECK(*tokenizer.encode_ids(text) == encoding->ids, "ids alone are the same");
  const auto is_boundary = [&](uint32_t at) {
    return at == text.size() || (at < text.size() && (text[at] & 0xC0) != 0x80);
  };
  auto characters = encoding->offsets;
  to_code_points(text, characters);
  for (size_t i = 0; i < characters.size(); ++i) {
    const Span bytes = encoding->offsets[i];
    CHECK(bytes.begin <= bytes.end && is_boundary(bytes.begin) && is_boundary(bytes.end),
          "offsets lie on character boundaries");
    CHECK(characters[i].begin == utf8_length(text.substr(0, bytes.begin)), "offsets in characters");
    CHECK(characters[i].end == utf8_length(text.substr(0, bytes.end)), "offsets in characters");
  }
}

}  // namespace

}  // namespace penchant

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penchant;
  const std::string_view text(reinterpret_cast<const char*>(data), size < 4096 ? size : 4096);
  const auto decoded = decode(text);
  CHECK(check_utf8(text, "fuzz").ok() == decoded.has_value(), "two decoders agree");
  if (!decoded) {
    const size_t at = utf8_invalid_at(text);
    CHECK(decode(text.substr(0, at)).has_value(), "all before the wrong byte is valid");
    for (const Tokenizer& tokenizer : tokenizers())
      CHECK(!tokenizer.encode(text).ok(), "what is no UTF-8 is refused");
    return 0;
  }
  std::string again;
  for (const char32_t c : *decoded) utf8_append(again, c);
  CHECK(again == text, "encoding again gives the same bytes");
  CHECK(utf8_length(text) == decoded->size(), "as many characters");
  size_t at = 0;
  for (const char32_t c : *decoded) CHECK(utf8_next(text, at) == c, "the same characters");
  for (const Tokenizer& tokenizer : tokenizers()) check_encoding(tokenizer, text);
  return 0;
}

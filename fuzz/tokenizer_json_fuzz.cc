// Any bytes as tokenizer.json: refused with a sentence, or a tokenizer whose encodings of one and of
// two texts hold together and can be decoded.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "text/tokenizer.h"

namespace penchant {

namespace {

void check(const Tokenizer& tokenizer, std::string_view text, const EncodeOptions& options,
           Result<Encoding> encoding) {
  if (!encoding.ok()) return;
  const size_t size = encoding->ids.size();
  CHECK(encoding->offsets.size() == size, "as many offsets as ids");
  CHECK(encoding->type_ids.size() == size && encoding->sequence_ids.size() == size, "one of each");
  CHECK(options.max_tokens == 0 || size <= options.max_tokens, "no more than asked for");
  for (size_t i = 0; i < size; ++i) {
    const int32_t id = encoding->ids[i];
    CHECK(id >= 0 && static_cast<size_t>(id) < tokenizer.vocabulary_size(), "ids have rows");
    CHECK(encoding->offsets[i].begin <= encoding->offsets[i].end, "offsets go forward");
    CHECK(encoding->offsets[i].end <= text.size(), "offsets lie in the text");
    tokenizer.token(id);
  }
  to_code_points(text, text, *encoding);
  // Decoding may end beyond its limit.
  (void)tokenizer.decode(encoding->ids);
  (void)tokenizer.decode(encoding->ids, false);
}

void encode(const Tokenizer& tokenizer, std::string_view text, const EncodeOptions& options) {
  const auto encoding = tokenizer.encode(text, options);
  const auto ids = tokenizer.encode_ids(text, options);
  CHECK(ids.ok() == encoding.ok(), "ids alone are refused where encodings are");
  if (ids.ok()) CHECK(*ids == encoding->ids, "ids alone are the same");
  check(tokenizer, text, options, encoding);
  check(tokenizer, text, options, tokenizer.encode_pair(text, text, options));
}

// The same JSON in which nothing is found under "vocab" before it is parsed.
std::string with_other_keys(std::string_view json) {
  constexpr std::string_view key = "\"vocab\"";
  std::string out;
  for (size_t at = json.find(key); at != json.npos; at = json.find(key)) {
    out.append(json.substr(0, at)).append("\"voc\\u0061b\"");
    json.remove_prefix(at + key.size());
  }
  return out.append(json);
}

}  // namespace

}  // namespace penchant

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penchant;
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto tokenizer = Tokenizer::parse(json, "fuzz");
  const auto uncut = Tokenizer::parse(with_other_keys(json), "fuzz");
  CHECK(uncut.ok() == tokenizer.ok(), "a vocabulary cut out is one read as JSON");
  if (!tokenizer.ok()) {
    CHECK(tokenizer.error().message.starts_with("fuzz: "), tokenizer.error().message);
    return 0;
  }
  constexpr std::string_view text =
      " The  caf\u00e9 e\u0301\u0323 \ufb01 <s>[X] \u4e2d\u6587\u3002\r\n\t\u2581a 12\u00bd!\u200d"
      "\U0001F468\u200d\U0001F469 \ud55c\u1112\u1161\u11ab\u0001\ufffd\u0130 ``x''  ";
  encode(*tokenizer, text, {});
  encode(*tokenizer, text, {.add_special_tokens = false, .max_tokens = 3});
  encode(*tokenizer, "", {.max_tokens = 9});
  encode(*tokenizer, text,
         {.max_tokens = 20, .truncate = Truncate::only_second, .keeps_end = true});
  const auto ids = tokenizer->encode_ids(text), others = uncut->encode_ids(text);
  CHECK(ids.ok() == others.ok() && (!ids.ok() || *ids == *others), "with the same ids");
  tokenizer->token_id("a");
  return 0;
}

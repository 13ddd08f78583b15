#include "text/tokenizer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/value_to.hpp>
#include <string>

#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "text/normalizer.h"
#include "text/package_score.h"
#include "text/tokenizer_json.h"

namespace penchant {

namespace {

const Path folder = Path(PENCHANT_SOURCE) / "tests/data/tokenizer";

json::value read_json(const std::string& name) {
  auto text = read_file(folder / name, limits::tokenizer_bytes);
  EXPECT_TRUE(text.ok()) << text.error().message;
  auto value = parse_json(*text, name);
  EXPECT_TRUE(value.ok()) << value.error().message;
  return *value;
}

// A base with fields replaced, also of its model.
std::string tokenizer_of(const json::object& golden) {
  json::value base = read_json(std::string(golden.at("base").as_string()) + ".json");
  for (const auto& [name, value] : golden.at("fields").as_object()) {
    if (name == "model_options") {
      for (const auto& [option, of] : value.as_object())
        base.as_object()["model"].as_object()[option] = of;
    } else {
      base.as_object()[name] = value;
    }
  }
  return to_text(base);
}

// An encoding, offsets in code points, as cases.json has it: ids, flat offsets, type ids.
json::array answer_of(const std::string& text, const Encoding& encoding) {
  json::array offsets;
  for (const Span& span : encoding.offsets) {
    offsets.push_back(span.begin);
    offsets.push_back(span.end);
  }
  return {json::string(text), json::array(encoding.ids.begin(), encoding.ids.end()), offsets,
          json::array(encoding.type_ids.begin(), encoding.type_ids.end())};
}

Result<Tokenizer> small(const std::string& fields) {
  return Tokenizer::parse(R"({"model": {"type": "WordPiece", "unk_token": "[UNK]",
      "continuing_subword_prefix": "##", "max_input_chars_per_word": 4,
      "vocab": {"[UNK]": 0, "a": 1, "##b": 2, "ab": 3, "[X]": 7}})" +
                              fields + "}",
                          "small");
}

}  // namespace

TEST(Tokenizer, CutsWordsAndTellsWhereTheyWere) {
  auto tokenizer = Tokenizer::open(folder / "wordpiece.json");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  const std::string text = "The \u00e9\u4e2d!";
  auto encoding = tokenizer->encode(text);
  ASSERT_TRUE(encoding.ok()) << encoding.error().message;
  std::vector<std::string_view> tokens;
  for (const int32_t id : encoding->ids) tokens.push_back(tokenizer->token(id));
  EXPECT_EQ(tokens, (std::vector<std::string_view>{"[CLS]", "the", "e", "[UNK]", "!", "[SEP]"}));
  EXPECT_EQ(encoding->offsets,
            (std::vector<Span>{{0, 0}, {0, 3}, {4, 6}, {6, 9}, {9, 10}, {0, 0}}));
  EXPECT_EQ(encoding->sequence_ids, (std::vector<int8_t>{-1, 0, 0, 0, 0, -1}));
  to_code_points(text, encoding->offsets);
  EXPECT_EQ(encoding->offsets, (std::vector<Span>{{0, 0}, {0, 3}, {4, 5}, {5, 6}, {6, 7}, {0, 0}}));
}

TEST(Tokenizer, GivesIdsAndOffsetsOfTheTokenizersPackage) {
  const json::value cases = read_json("cases.json");
  for (const json::value& value : cases.as_array()) {
    const json::object& golden = value.as_object();
    const std::string name(golden.at("name").as_string());
    auto tokenizer = Tokenizer::parse(tokenizer_of(golden), name);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
    if (!golden.contains("answers")) continue;
    for (const json::value& answer : golden.at("answers").as_array()) {
      const std::string text(answer.as_array()[0].as_string());
      auto encoding = tokenizer->encode(text);
      ASSERT_TRUE(encoding.ok()) << name << ": " << encoding.error().message;
      for (int again = 0; again < 2; ++again)  // words are remembered
        EXPECT_EQ(*tokenizer->encode_ids(text), encoding->ids) << name << ": " << text;
      to_code_points(text, encoding->offsets);
      // As text: numbers in it may be signed or not.
      EXPECT_EQ(to_text(answer_of(text, *encoding)), to_text(answer)) << name;
    }
  }
}

TEST(Tokenizer, EncodesPairsAsTheTokenizersPackage) {
  const json::value cases = read_json("cases.json");
  for (const json::value& value : cases.as_array()) {
    const json::object& golden = value.as_object();
    if (!golden.contains("pairs")) continue;
    const std::string name(golden.at("name").as_string());
    auto tokenizer = Tokenizer::parse(tokenizer_of(golden), name);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
    for (const json::value& answer : golden.at("pairs").as_array()) {
      const json::array& list = answer.as_array();
      const std::string first(list[0].as_string()), second(list[1].as_string());
      auto encoding = tokenizer->encode_pair(first, second);
      EXPECT_EQ(encoding.ok(), list.size() > 2) << name << ": " << first << " | " << second;
      if (!encoding.ok() || list.size() == 2) continue;
      to_code_points(first, second, *encoding);
      json::array mine = answer_of(first, *encoding);
      mine.insert(mine.begin() + 1, json::string(second));
      mine.push_back(json::array(encoding->sequence_ids.begin(), encoding->sequence_ids.end()));
      EXPECT_EQ(to_text(mine), to_text(answer)) << name;
    }
  }
}

TEST(Tokenizer, DecodesAsTheTokenizersPackage) {
  const json::value cases = read_json("cases.json");
  for (const json::value& value : cases.as_array()) {
    const json::object& golden = value.as_object();
    if (!golden.contains("decoded")) continue;
    const std::string name(golden.at("name").as_string());
    auto tokenizer = Tokenizer::parse(tokenizer_of(golden), name);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
    for (const json::value& answer : golden.at("decoded").as_array()) {
      const json::array& list = answer.as_array();
      const auto ids = json::value_to<std::vector<int32_t>>(list[0]);
      EXPECT_EQ(*tokenizer->decode(ids), list[1].as_string()) << name;
      EXPECT_EQ(*tokenizer->decode(ids, false), list[2].as_string()) << name;
    }
  }
}

TEST(Tokenizer, NormalizesEveryCodePointAsTheTokenizersPackage) {
  const json::value forms = read_json("forms.json");
  for (const auto& [name, value] : forms.as_object()) {
    auto normalizer = Normalizer::parse(JsonView(value.at("step"), name));
    ASSERT_TRUE(normalizer.ok()) << normalizer.error().message;
    AlignedText text;
    for (size_t plane = 0; plane < 17; ++plane) {
      uint64_t hash = 0xCBF29CE484222325;
      for (uint32_t begin = plane << 16; begin < (plane + 1) << 16; begin += 16) {
        std::string bytes;
        for (uint32_t c = begin; c < begin + 16; ++c)
          if (c < 0xD800 || c >= 0xE000) utf8_append(bytes, c);
        text.reset(bytes, 0);
        ASSERT_TRUE(normalizer->apply(text).ok());
        for (const char c : text.bytes())
          hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
      }
      EXPECT_EQ(fmt::format("{:016x}", hash), value.at("planes").as_array()[plane].as_string())
          << name << ", plane " << plane;
    }
  }
}

TEST(Tokenizer, ReadsScoresWithThePackagesRounding) {
  // Found by asking the package: the nearest double is not what it reads.
  EXPECT_EQ(package_score(-9.2), -9.2);
  EXPECT_EQ(package_score(0.0), 0.0);
  EXPECT_EQ(package_score(-3), -3.0);
  EXPECT_EQ(package_score(-1.2345678901234567), -12345678901234567.0 / 1e16);
  EXPECT_EQ(package_score(1.5e-320), 15.0 / 1e308 / 1e13);
}

TEST(Tokenizer, KeepsAtMostSoManyTokens) {
  auto tokenizer = Tokenizer::open(folder / "wordpiece.json");
  ASSERT_TRUE(tokenizer.ok());
  const auto whole = tokenizer->encode("the reader and the singer read");
  const auto cut = tokenizer->encode("the reader and the singer read", {.max_tokens = 4});
  ASSERT_TRUE(whole.ok() && cut.ok());
  EXPECT_EQ(cut->ids,
            (std::vector<int32_t>{whole->ids[0], whole->ids[1], whole->ids[2], whole->ids.back()}));
  EXPECT_EQ(tokenizer->encode("the", {.max_tokens = 2})->ids.size(), 2u);
  EXPECT_FALSE(tokenizer->encode("the", {.max_tokens = 1}).ok());
  const auto bare = tokenizer->encode("the the", {.add_special_tokens = false, .max_tokens = 1});
  EXPECT_EQ(bare->ids, (std::vector<int32_t>{whole->ids[1]}));
  EXPECT_EQ(bare->sequence_ids, (std::vector<int8_t>{0}));
}

TEST(Tokenizer, CutsIdsAloneWhereItCutsEncodings) {
  auto tokenizer = Tokenizer::open(folder / "bytes.json");
  ASSERT_TRUE(tokenizer.ok());
  const std::string text = "the reader \u56fe\u4e66\u9986 and the singer \u00e9 read";
  for (size_t most = 1; most < 40; ++most) {
    for (const bool keeps_end : {false, true}) {
      const EncodeOptions options = {.max_tokens = most, .keeps_end = keeps_end};
      EXPECT_EQ(*tokenizer->encode_ids(text, options), tokenizer->encode(text, options)->ids);
    }
  }
}

// What one tokenizer remembers of a word is not another's, on the same thread or on others.
TEST(Tokenizer, RemembersWordsForItself) {
  auto first = Tokenizer::parse(
      R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}})", "t");
  auto second = Tokenizer::parse(
      R"({"model": {"type": "BPE", "vocab": {"a": 5, "b": 4}, "merges": []}})", "t");
  ASSERT_TRUE(first.ok() && second.ok());
  for (int again = 0; again < 3; ++again) {
    EXPECT_EQ(*first->encode_ids("ab"), (std::vector<int32_t>{2}));
    EXPECT_EQ(*second->encode_ids("ab"), (std::vector<int32_t>{5, 4}));
  }
}

// A mark for a space starts a word unless some merge has it inside.
TEST(Tokenizer, CutsLongTextsAtMarksOnlyWhereNoMergeGoesAcross) {
  const auto tokenizer = [](std::string_view merges) {
    return Tokenizer::parse(fmt::format(R"({{"model": {{"type": "BPE", "merges": [{}],
        "vocab": {{"a": 0, "\u2581": 1, "\u2581a": 2, "a\u2581": 3, "\u2581\u2581": 4}}}}}})",
                                        merges),
                            "t");
  };
  std::string text;
  for (int i = 0; i < 50; ++i) text += i % 7 == 0 ? "\u2581\u2581a" : "\u2581a";
  for (const std::string_view merges :
       {R"(["\u2581", "a"])", R"(["a", "\u2581"])", R"(["a", "\u2581"], ["\u2581", "a"])",
        R"(["\u2581", "\u2581"], ["\u2581", "a"])"}) {
    auto made = tokenizer(merges);
    ASSERT_TRUE(made.ok()) << made.error().message;
    EXPECT_EQ(*made->encode_ids(text), made->encode(text)->ids) << merges;
  }
}

TEST(Tokenizer, TruncatesEitherText) {
  auto tokenizer = small("");
  ASSERT_TRUE(tokenizer.ok());
  const auto lengths = [&](EncodeOptions options) {
    auto pair = tokenizer->encode_pair("abb", "abbb", options);
    if (!pair.ok()) return pair.error().message;
    const auto of = [&](int8_t id) {
      return std::count(pair->sequence_ids.begin(), pair->sequence_ids.end(), id);
    };
    return fmt::format("{}+{}", of(0), of(1));
  };
  EXPECT_EQ(lengths({}), "2+3");
  EXPECT_EQ(lengths({.max_tokens = 4}), "2+2");
  EXPECT_EQ(lengths({.max_tokens = 3}), "1+2");
  EXPECT_EQ(lengths({.max_tokens = 4, .truncate = Truncate::only_first}), "1+3");
  EXPECT_EQ(lengths({.max_tokens = 3, .truncate = Truncate::only_second}), "2+1");
  EXPECT_EQ(lengths({.max_tokens = 3, .truncate = Truncate::only_first}),
            "the first text of 2 tokens cannot lose 2, and the other may not");
  EXPECT_EQ(tokenizer->encode("abbb", {.max_tokens = 1, .truncate = Truncate::only_second})
                .error()
                .message,
            "3 tokens are more than 1, and only a second text may be cut, which there is not");
}

TEST(Tokenizer, DecodesNoMoreThanItMay) {
  auto tokenizer = small(fmt::format(
      R"(, "decoder": {{"type": "Replace", "pattern": {{"String": "a"}}, "content": "{}"}})",
      std::string(1000, 'x')));
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->decode(std::vector<int32_t>(20'000, 1)).error().code, Code::too_large);
  EXPECT_EQ(*tokenizer->decode(std::vector<int32_t>{-1, 6, 1000, 2}), "##b");
}

TEST(Tokenizer, KnowsTokensByIdAndByText) {
  auto tokenizer = small(R"(, "added_tokens": [{"id": 1, "content": "new", "single_word": false,
      "lstrip": false, "rstrip": false, "normalized": false, "special": false}])");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->token_id("##b"), 2);
  EXPECT_EQ(tokenizer->token(7), "[X]");
  EXPECT_EQ(tokenizer->token(6), "");  // a hole
  EXPECT_EQ(tokenizer->token(-1), "");
  EXPECT_EQ(tokenizer->token(1000), "");
  EXPECT_EQ(tokenizer->token_id("nothing"), -1);
  // The package numbers new tokens by the count of the vocabulary, whatever the file says.
  EXPECT_EQ(tokenizer->token_id("new"), 5);
  EXPECT_EQ(tokenizer->vocabulary_size(), 8u);
}

TEST(Tokenizer, RefusesTextThatIsNoUtf8OrTooLong) {
  auto tokenizer = small("");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->encode("a\xff").error().message, "text: invalid UTF-8 at byte 1 (0xff)");
  EXPECT_EQ(tokenizer->encode(std::string(limits::text_bytes + 1, 'a')).error().code,
            Code::too_large);
}

TEST(Tokenizer, CallsAWordThatIsTooLongUnknown) {
  auto tokenizer = small(R"(, "pre_tokenizer": {"type": "Whitespace"})");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->encode("abbb abbbb")->ids, (std::vector<int32_t>{3, 2, 2, 0}));
}

TEST(TokenizerSlow, EncodesALongLineInLinearTime) {
  for (const char* name : {"wordpiece.json", "unigram.json", "bytes.json", "pairs.json"}) {
    auto tokenizer = Tokenizer::open(folder / name);
    ASSERT_TRUE(tokenizer.ok());
    for (const std::string_view unit : {"x", "a", "\u0301", "\u4e2d", "\U0001F468\u200d", " "}) {
      std::string text;
      while (text.size() + unit.size() <= limits::text_bytes) text += unit;
      const auto encoding = tokenizer->encode(text);
      ASSERT_TRUE(encoding.ok()) << encoding.error().message;
      EXPECT_GE(encoding->ids.size(), 2u);
    }
  }
}

TEST(Tokenizer, SaysWhatItDoesNotKnow) {
  const auto message = [](const std::string& text) {
    auto tokenizer = Tokenizer::parse(text, "t.json");
    return tokenizer.ok() ? std::string("accepted") : tokenizer.error().message;
  };
  EXPECT_EQ(message(R"({"model": {"type": "WordLevel", "vocab": {}}})"),
            "t.json: model is of type \"WordLevel\"; WordPiece, Unigram and BPE are what this "
            "version knows");
  const auto with = [&](const std::string& fields) {
    auto tokenizer = small(fields);
    return tokenizer.ok() ? std::string("accepted") : tokenizer.error().message;
  };
  EXPECT_EQ(with(R"(, "pre_tokenizer": {"type": "UnicodeScripts"})"),
            "small: pre_tokenizer is a pre-tokenizer of the unknown type \"UnicodeScripts\"");
  EXPECT_EQ(with(R"(, "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"},
                    {"type": "Magic"}]})"),
            "small: normalizer.normalizers[1] is a normalizer of the unknown type \"Magic\"");
  EXPECT_EQ(with(R"(, "post_processor": {"type": "Magic"})"),
            "small: post_processor is a post-processor of the unknown type \"Magic\"");
  EXPECT_EQ(with(R"(, "post_processor": {"type": "BertProcessing", "cls": ["[X]", 7],
                    "sep": ["[Y]", 8]})"),
            "small: post_processor.sep[1] must be a whole number from 0 to 7, not 8");
  EXPECT_EQ(with(R"(, "truncation": {"max_length": 5, "stride": 0, "strategy": "Both"})"),
            "small: truncation.strategy is the unknown strategy \"Both\"");
  EXPECT_EQ(with(R"(, "decoder": {"type": "CTC"})"),
            "small: decoder is a decoder of the unknown type \"CTC\"");
  EXPECT_EQ(with(R"(, "version": "2.0")"), "small: version \"2.0\" is not known, only \"1.0\"");
}

TEST(Tokenizer, RefusesVocabulariesThatDoNotHoldTogether) {
  const auto message = [](const std::string& model) {
    auto tokenizer = Tokenizer::parse(R"({"model": )" + model + "}", "t");
    return tokenizer.ok() ? std::string("accepted") : tokenizer.error().message;
  };
  const auto wordpiece = [&](const std::string& vocab) {
    return message(R"({"type": "WordPiece", "unk_token": "?", "continuing_subword_prefix": "##",
                       "max_input_chars_per_word": 100, "vocab": )" +
                   vocab + "}");
  };
  EXPECT_EQ(wordpiece(R"({"?": 0, "a": 5})"), "accepted");  // a hole is none of our business
  EXPECT_EQ(wordpiece(R"({"?": 0, "a": 0})"),
            "t: model.vocab is wrong: tokens \"?\" and \"a\" have the same id 0");
  EXPECT_EQ(wordpiece(R"({"?": -1})"),
            "t: model.vocab.? must be a whole number from 0 to 4194303, not -1");
  EXPECT_EQ(wordpiece(R"({"?": 4194304})"),
            "t: model.vocab.? must be a whole number from 0 to 4194303, not 4194304");
  EXPECT_EQ(wordpiece(R"({"?": "0"})"), "t: model.vocab.? must be a number, not a string");
  EXPECT_EQ(wordpiece(R"({"a": 0})"), "t: model.unk_token \"?\" is not in the vocabulary");
  EXPECT_EQ(wordpiece(R"(["?"])"), "t: model.vocab must be an object, not a list");
  EXPECT_EQ(wordpiece(fmt::format(R"({{"?": 0, "{}": 1}})", std::string(2000, 'a'))),
            "t: model.vocab is wrong: token 1 has 2000 bytes, more than 1024");
  const auto unigram = [&](const std::string& fields) {
    return message(R"({"type": "Unigram", )" + fields + "}");
  };
  EXPECT_EQ(unigram(R"("vocab": [["a", -1], ["a", -2.5]], "unk_id": 0)"), "accepted");
  EXPECT_EQ(unigram(R"("vocab": [])"), "t: model.vocab is empty");
  EXPECT_EQ(unigram(R"("vocab": [["a", -1]], "unk_id": 1)"),
            "t: model.unk_id must be a whole number from 0 to 0, not 1");
  EXPECT_EQ(unigram(R"("vocab": [["a"]])"), "t: model.vocab[0] must be a token and its score");
  EXPECT_EQ(unigram(R"("vocab": [["a", null]])"),
            "t: model.vocab[0][1] must be a number, not null");
}

TEST(Tokenizer, RefusesMergesThatDoNotHoldTogether) {
  const auto bpe = [](const std::string& fields) {
    auto tokenizer = Tokenizer::parse(
        R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, )" + fields + "}}", "t");
    return tokenizer.ok() ? std::string("accepted") : tokenizer.error().message;
  };
  EXPECT_EQ(bpe(R"("merges": ["#version: 0.2", "a b"])"), "accepted");
  EXPECT_EQ(bpe(R"("merges": [["a", "b"]], "dropout": 0.0)"), "accepted");
  EXPECT_EQ(bpe(R"("merges": ["ab"])"),
            "t: model.merges[0] must be two tokens with a space between, not \"ab\"");
  EXPECT_EQ(bpe(R"("merges": ["a b b"])"),
            "t: model.merges[0] must be two tokens with a space between, not \"a b b\"");
  EXPECT_EQ(bpe(R"("merges": [["a"]])"), "t: model.merges[0] must be two tokens");
  EXPECT_EQ(bpe(R"("merges": ["a c"])"), "t: model.merges[0] has \"c\", which is no token");
  EXPECT_EQ(bpe(R"("merges": ["a a"])"), "t: model.merges[0] has \"aa\", which is no token");
  EXPECT_EQ(bpe(R"("merges": [], "dropout": 0.1)"), "t: model.dropout 0.1 makes tokens random");
  EXPECT_EQ(bpe(R"("merges": [], "byte_fallback": true, "end_of_word_suffix": "</w>")"),
            "t: model has byte_fallback and a prefix or suffix of words");
}

TEST(Tokenizer, LongWordsMergeAsShortOnesDo) {
  // 64 symbols are the border between the two ways; a word is its own parts, whatever its length.
  auto tokenizer = Tokenizer::parse(
      R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "ba": 3, "aba": 4, "abab": 5},
          "merges": ["b a", "a b", "ab ab", "a ba"]}})",
      "t");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  std::string word;
  for (size_t length = 1; length < 200; ++length) {
    word += length % 2 != 0 ? 'a' : 'b';
    // "ba" goes first, so the first "a" is left for "aba", or alone.
    std::vector<int32_t> expected;
    if (length == 1) expected = {0};
    if (length == 2) expected = {2};
    if (length >= 3) expected = {4};
    for (size_t at = 3; at + 2 <= length; at += 2) expected.push_back(3);
    if (length > 2 && length % 2 == 0) expected.push_back(1);
    EXPECT_EQ(tokenizer->encode(word)->ids, expected) << word;
  }
}

TEST(Tokenizer, SaysWhenARegularExpressionTakesForEver) {
  auto tokenizer = small(R"(, "pre_tokenizer": {"type": "Split", "behavior": "Isolated",
      "invert": false, "pattern": {"Regex": "a*a*a*a*b"}})");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->encode(std::string(5'000, 'a')).error().message,
            "the regular expression takes too many steps on this text");
}

TEST(Tokenizer, SaysWhichCharacterAVocabularyWithoutUnknownLacks) {
  auto tokenizer = Tokenizer::parse(
      R"({"model": {"type": "Unigram", "vocab": [["a", -1]], "unk_id": null}})", "t");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->encode("aa")->ids, (std::vector<int32_t>{0, 0}));
  EXPECT_EQ(tokenizer->encode("ab").error().message,
            "\"b\" is not in the vocabulary, which has no unknown token");
}

TEST(TokenizerSlow, RefusesAFileCutAnywhere) {
  for (const char* name : {"wordpiece.json", "unigram.json", "bytes.json", "pairs.json"}) {
    const std::string text = *read_file(folder / name, limits::tokenizer_bytes);
    const size_t end = text.rfind('}');
    for (size_t size = 0; size <= end; ++size) {
      const auto tokenizer = Tokenizer::parse(std::string_view(text).substr(0, size), name);
      ASSERT_FALSE(tokenizer.ok()) << size;
      ASSERT_EQ(tokenizer.error().code, Code::invalid) << size;
    }
  }
}

// Every value of a file, one after the other, becomes one of another type: an error or a working
// tokenizer, nothing else.
TEST(TokenizerSlow, StandsWrongTypesInEveryPlace) {
  const json::value wrong[] = {nullptr, true, -1, 1e300, "text", json::array(), json::object()};
  for (const char* name : {"wordpiece.json", "unigram.json", "bytes.json", "pairs.json"}) {
    json::value whole = read_json(name);
    std::vector<json::value*> places;
    const auto collect = [&](auto& self, json::value& value) -> void {
      places.push_back(&value);
      if (auto* list = value.if_array())
        for (size_t i = 0; i < std::min<size_t>(list->size(), 6); ++i) self(self, (*list)[i]);
      if (auto* fields = value.if_object()) {
        size_t count = 0;
        for (auto& field : *fields)
          if (++count <= 10) self(self, field.value());
      }
    };
    collect(collect, whole);
    for (json::value* place : places) {
      for (const json::value& other : wrong) {
        json::value kept = std::exchange(*place, other);
        const auto tokenizer = Tokenizer::parse(to_text(whole), name);
        // Without an unknown token the answer may be an error, too.
        if (tokenizer.ok()) (void)tokenizer->encode("The \u4e2d <mask> [SEP] x\u0301");
        *place = std::move(kept);  // moved, so that the places inside stay
      }
    }
  }
}

TEST(Tokenizer, TakesAHugeListOfAddedTokens) {
  std::string list;
  for (int i = 0; i < 100'000; ++i)
    list += fmt::format(R"({}{{"id": {}, "content": "t{}t", "single_word": false, "lstrip": {},
        "rstrip": false, "normalized": {}, "special": false}})",
                        i == 0 ? "" : ",", i, i, i % 2 == 0, i % 3 == 0);
  auto tokenizer = small(", \"added_tokens\": [" + list + "]");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  EXPECT_EQ(tokenizer->encode("t99999t  t4t t")->offsets,
            (std::vector<Span>{{0, 7}, {7, 12}, {12, 14}}));
  EXPECT_EQ(tokenizer->vocabulary_size(), 100'005u);
}

}  // namespace penchant

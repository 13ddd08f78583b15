#include "encoder/gguf_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/limits.h"
#include "encoder/gguf.h"

namespace penchant {

namespace {

// tokenizer.ggml.token_type, by its numbers.
constexpr int64_t type_control = 3, type_user_defined = 4, type_unused = 5;

// What the published tokenizer.json of the models of such a name say. The expressions are isolated
// one after the other; bytes come behind the last.
struct WordCutter {
  std::string_view name;                           // tokenizer.ggml.pre
  std::vector<std::string_view> expressions = {};  // of Split; none: GPT-2's, which ByteLevel has
  bool isolates_digits = false;                    // before all else
  bool composes = false;                           // the text is NFC first
  bool ignores_merges = false;                     // a word that is a token is that token
  bool adds_start = false;                         // where the file does not say
};

constexpr std::string_view gpt2_words =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view llama3_words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view qwen2_words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";

const std::vector<WordCutter>& word_cutters() {
  static const WordCutter llama3{.name = "llama-bpe",
                                 .expressions = {llama3_words},
                                 .ignores_merges = true,
                                 .adds_start = true};
  static const auto named = [](WordCutter cutter, std::string_view name) {
    cutter.name = name;
    return cutter;
  };
  static const std::vector<WordCutter> all = {
      {.name = "gpt-2"},
      {.name = "smollm", .isolates_digits = true},
      llama3,
      named(llama3, "llama3"),
      named(llama3, "llama-v3"),
      {.name = "qwen2", .expressions = {qwen2_words}, .composes = true},
      {.name = "default",  // llama.cpp's, for files that do not say
       .expressions = {R"([\p{P}\$\+<=>\^~\|]+)", gpt2_words, R"(\p{N}+)", "[0-9][0-9][0-9]"}}};
  return all;
}

Result<const WordCutter*> find_cutter(const Gguf& file) {
  TRY(const auto named, file.text("tokenizer.ggml.pre"));
  const std::string_view name = named.value_or("default");
  std::string known;
  for (const WordCutter& cutter : word_cutters()) {
    if (cutter.name == name) return &cutter;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", cutter.name);
  }
  return invalid(fmt::format("{}: tokenizer.ggml.pre \"{}\" is not known, only {}", file.place(),
                             name, known));
}

json::object byte_level(bool cuts) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", false},
          {"trim_offsets", true},
          {"use_regex", cuts}};
}

json::object pre_tokenizer(const WordCutter& cutter) {
  json::array steps;
  if (cutter.isolates_digits)
    steps.push_back(json::object{{"type", "Digits"}, {"individual_digits", true}});
  for (const std::string_view expression : cutter.expressions)
    steps.push_back(json::object{{"type", "Split"},
                                 {"pattern", json::object{{"Regex", expression}}},
                                 {"behavior", "Isolated"},
                                 {"invert", false}});
  steps.push_back(byte_level(cutter.expressions.empty()));
  return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}};
}

struct Tokens {
  std::vector<std::string_view> texts;
  std::vector<int64_t> types;  // of each, or empty: all are normal
};

Result<Tokens> read_tokens(const Gguf& file) {
  TRY(auto texts, file.texts("tokenizer.ggml.tokens"));
  if (!texts.has_value())
    return invalid(fmt::format("{}: has no tokenizer.ggml.tokens", file.place()));
  if (texts->size() > limits::vocabulary_ids)
    return too_large(fmt::format("{}: {} tokens, more than {}", file.place(), texts->size(),
                                 limits::vocabulary_ids));
  TRY(auto types, file.integers("tokenizer.ggml.token_type"));
  Tokens tokens{*std::move(texts), std::move(types).value_or(std::vector<int64_t>())};
  if (!tokens.types.empty() && tokens.types.size() != tokens.texts.size())
    return invalid(fmt::format("{}: tokenizer.ggml.token_type has {} entries for {} tokens",
                               file.place(), tokens.types.size(), tokens.texts.size()));
  return tokens;
}

// Tokens that are cut out of a text first stand in the vocabulary, too, and have its ids.
Result<> add_vocabulary(const Gguf& file, const Tokens& tokens, json::object& root,
                        json::object& model) {
  json::object vocabulary;
  json::array added;
  vocabulary.reserve(tokens.texts.size());
  for (size_t id = 0; id < tokens.texts.size(); ++id) {
    const std::string_view text = tokens.texts[id];
    const int64_t type = tokens.types.empty() ? 1 : tokens.types[id];
    if (type == type_unused) continue;  // a row of the word vectors and no more
    const auto [place, is_new] = vocabulary.emplace(text, id);
    if (!is_new)
      return invalid(fmt::format("{}: tokens {} and {} are both \"{}\"", file.place(),
                                 place->value().to_number<uint64_t>(), id, text));
    if (type != type_control && type != type_user_defined) continue;
    added.push_back(json::object{{"id", id},
                                 {"content", text},
                                 {"single_word", false},
                                 {"lstrip", false},
                                 {"rstrip", false},
                                 {"normalized", false},
                                 {"special", type == type_control}});
  }
  root["added_tokens"] = std::move(added);
  model["vocab"] = std::move(vocabulary);
  return {};
}

// The token whose id stands under `key`, where `flag` (or `usual`) wants it around texts.
Result<std::optional<size_t>> end_token(const Gguf& file, const Tokens& tokens,
                                        std::string_view flag, bool usual, std::string_view key) {
  TRY(const auto wanted, file.flag(flag));
  if (!wanted.value_or(usual)) return std::optional<size_t>();
  TRY(const auto id, file.size(key));
  if (!id.has_value())
    return invalid(fmt::format("{}: has no {}, which {} asks for", file.place(), key, flag));
  if (*id >= tokens.texts.size())
    return invalid(fmt::format("{}: {} is {}, not below the {} tokens", file.place(), key, *id,
                               tokens.texts.size()));
  return std::optional(static_cast<size_t>(*id));
}

// Start and end around each text.
Result<> add_post_processor(const Gguf& file, const Tokens& tokens, const WordCutter& cutter,
                            json::object& root) {
  TRY(const auto start, end_token(file, tokens, "tokenizer.ggml.add_bos_token", cutter.adds_start,
                                  "tokenizer.ggml.bos_token_id"));
  TRY(const auto end, end_token(file, tokens, "tokenizer.ggml.add_eos_token", false,
                                "tokenizer.ggml.eos_token_id"));
  if (!start.has_value() && !end.has_value()) return {};
  json::object known;
  json::array single, pair;
  const auto add_special = [&](const std::optional<size_t>& id, int type, json::array& to) {
    if (!id.has_value()) return;
    const std::string_view text = tokens.texts[*id];
    known[text] = {{"id", text}, {"ids", json::array{*id}}, {"tokens", json::array{text}}};
    to.push_back(json::object{{"SpecialToken", {{"id", text}, {"type_id", type}}}});
  };
  const auto add_text = [&](const char* name, int type, json::array& to) {
    add_special(start, type, to);
    to.push_back(json::object{{"Sequence", {{"id", name}, {"type_id", type}}}});
    add_special(end, type, to);
  };
  add_text("A", 0, single);
  add_text("A", 0, pair);
  add_text("B", 1, pair);
  root["post_processor"] = {{"type", "TemplateProcessing"},
                            {"single", std::move(single)},
                            {"pair", std::move(pair)},
                            {"special_tokens", std::move(known)}};
  return {};
}

}  // namespace

Result<std::string> gguf_tokenizer_json(const Gguf& file) {
  TRY(const auto kind, file.text("tokenizer.ggml.model"));
  if (kind != "gpt2")
    return invalid(fmt::format("{}: tokenizer.ggml.model \"{}\" is not supported, only \"gpt2\"",
                               file.place(), kind.value_or("")));
  TRY(const WordCutter* cutter, find_cutter(file));
  TRY(const Tokens tokens, read_tokens(file));
  TRY(const auto merges, file.texts("tokenizer.ggml.merges"));
  if (!merges.has_value())
    return invalid(fmt::format("{}: has no tokenizer.ggml.merges", file.place()));
  json::object root{{"version", "1.0"}};
  json::object model{{"type", "BPE"}, {"ignore_merges", cutter->ignores_merges}};
  TRY(add_vocabulary(file, tokens, root, model));
  model["merges"] = json::array(merges->begin(), merges->end());
  root["model"] = std::move(model);
  if (cutter->composes) root["normalizer"] = {{"type", "NFC"}};
  root["pre_tokenizer"] = pre_tokenizer(*cutter);
  TRY(add_post_processor(file, tokens, *cutter, root));
  root["decoder"] = byte_level(true);
  return to_text(root);
}

}  // namespace penchant

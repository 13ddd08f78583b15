#include "encoder/tokenise.h"

#include <fmt/format.h>

#include "encoder/gguf_model.h"

namespace penchant {

Result<Tokenizer> open_tokenizer(const Path& model) {
  constexpr const char* name = "tokenizer.json";
  TRY(const auto gguf, find_gguf(model));
  if (!gguf.has_value()) return Tokenizer::open(model / name);
  TRY(const GgufModel files, GgufModel::open(*gguf));
  TRY(const auto text, files.read(name));
  return Tokenizer::parse(text.value(), (*gguf / name).string());
}

Result<Tokenizer> open_tokenizer(const Path& model, const ModelConfig& config) {
  TRY(Tokenizer tokenizer, open_tokenizer(model));
  if (tokenizer.vocabulary_size() > config.vocabulary)
    return invalid(fmt::format("{}: {} tokens, but config.json has a vocab_size of {}",
                               (model / "tokenizer.json").string(), tokenizer.vocabulary_size(),
                               config.vocabulary));
  return tokenizer;
}

Result<> check_ids(std::span<const TokenSequence> sequences, size_t vocabulary, size_t max_tokens) {
  for (size_t i = 0; i < sequences.size(); ++i) {
    const TokenIds ids = sequences[i].ids;
    if (ids.size() > max_tokens)
      return at_text(
          i, too_large(fmt::format("{} tokens, more than the model's {}", ids.size(), max_tokens)));
    for (const int32_t id : ids)
      if (id < 0 || static_cast<size_t>(id) >= vocabulary)
        return at_text(
            i, invalid(fmt::format("token {} is not one of the vocabulary's {}", id, vocabulary)));
  }
  return {};
}

Result<> check_sequences(std::span<const TokenSequence> sequences, const ModelConfig& config,
                         size_t max_tokens) {
  TRY(check_ids(sequences, config.vocabulary, max_tokens));
  for (size_t i = 0; i < sequences.size(); ++i) {
    const TokenIds ids = sequences[i].ids, types = sequences[i].types;
    if (!types.empty() && types.size() != ids.size())
      return at_text(i, invalid(fmt::format("{} types for {} tokens", types.size(), ids.size())));
    if (config.types < 2) continue;
    for (const int32_t type : types)
      if (type < 0 || static_cast<size_t>(type) >= config.types)
        return at_text(i, invalid(fmt::format("token type {} is not one of the model's {}", type,
                                              config.types)));
  }
  return {};
}

Error at_text(size_t position, const Error& error) {
  return {error.code, fmt::format("text {}: {}", position, error.message)};
}

Result<std::vector<std::vector<int32_t>>> tokenise(const Tokenizer& tokenizer,
                                                   std::span<const std::string_view> texts,
                                                   std::string_view prompt,
                                                   const EncodeOptions& options, ThreadPool& pool) {
  std::vector<std::vector<int32_t>> ids(texts.size());
  TRY(for_each_text(pool, texts.size(), [&](size_t i) -> Result<> {
    std::string prompted;
    if (!prompt.empty()) prompted.append(prompt).append(texts[i]);
    TRY(ids[i], tokenizer.encode_ids(prompt.empty() ? texts[i] : prompted, options));
    return {};
  }));
  return ids;
}

}  // namespace penchant

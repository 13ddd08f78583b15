#include "encoder/tokenise.h"

#include <fmt/format.h>

#include <optional>

#include "base/threads.h"
#include "encoder/gguf_model.h"

namespace penchant {

namespace {

// Texts go to the workers in runs, so that short ones do not pay for the hand-over.
constexpr size_t run_length = 32;

}  // namespace

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

Result<> check_ids(std::span<const std::span<const int32_t>> texts, size_t vocabulary,
                   size_t max_tokens) {
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() > max_tokens)
      return at_text(i, too_large(fmt::format("{} tokens, more than the model's {}",
                                              texts[i].size(), max_tokens)));
    for (const int32_t id : texts[i])
      if (id < 0 || static_cast<size_t>(id) >= vocabulary)
        return at_text(
            i, invalid(fmt::format("token {} is not one of the vocabulary's {}", id, vocabulary)));
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
  const size_t runs = (texts.size() + run_length - 1) / run_length;
  std::vector<std::optional<Error>> errors(runs);
  pool.parallel_for(runs, [&](size_t run, int) {
    std::string prompted;
    for (size_t i = run * run_length; i < std::min((run + 1) * run_length, texts.size()); ++i) {
      std::string_view text = texts[i];
      if (!prompt.empty()) text = prompted.assign(prompt).append(text);
      auto encoded = tokenizer.encode_ids(text, options);
      if (!encoded.ok()) {
        errors[run] = at_text(i, encoded.error());
        return;
      }
      ids[i] = *std::move(encoded);
    }
  });
  for (auto& error : errors)
    if (error.has_value()) return *std::move(error);
  return ids;
}

}  // namespace penchant

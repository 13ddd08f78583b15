// Many texts on a pool, and many texts to token ids; the same error whatever the threads: that of
// the first text that fails. Thread-safety: safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/threads.h"
#include "encoder/model_config.h"
#include "encoder/sequence_model.h"
#include "text/tokenizer.h"

namespace penchant {

// `result` of the text at `position`, an error with the position in front: "text 3: ...".
Error at_text(size_t position, const Error& error);

// Result<> body(size_t i) for every text i in [0, count), until one fails; then what follows it may
// be left out.
template <class Body>
Result<> for_each_text(ThreadPool& pool, size_t count, const Body& body) {
  constexpr size_t run_length = 32;  // a worker takes runs: short texts do not pay for a hand-over
  const size_t runs = (count + run_length - 1) / run_length;
  std::vector<std::optional<Error>> errors(runs);
  pool.parallel_for(runs, [&](size_t run, int) {
    const size_t end = std::min((run + 1) * run_length, count);
    for (size_t i = run * run_length; i < end && !errors[run].has_value(); ++i)
      if (const Result<> done = body(i); !done.ok()) errors[run] = at_text(i, done.error());
  });
  for (auto& error : errors)
    if (error.has_value()) return *std::move(error);
  return {};
}

Result<std::vector<std::vector<int32_t>>> tokenise(const Tokenizer& tokenizer,
                                                   std::span<const std::string_view> texts,
                                                   std::string_view prompt,
                                                   const EncodeOptions& options, ThreadPool& pool);

// The tokenizer.json of a folder, or what a GGUF file has in its place (encoder/gguf_model.h).
Result<Tokenizer> open_tokenizer(const Path& model);
// The same, all of whose ids the model knows.
Result<Tokenizer> open_tokenizer(const Path& model, const ModelConfig& config);

// That every id is one of the vocabulary's and no sequence is longer than `max_tokens`.
Result<> check_ids(std::span<const TokenSequence> sequences, size_t vocabulary, size_t max_tokens);

// And that a transformer knows the types of the tokens.
Result<> check_sequences(std::span<const TokenSequence> sequences, const ModelConfig& config,
                         size_t max_tokens);

}  // namespace penchant

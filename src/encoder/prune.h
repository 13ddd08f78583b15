// A transformer's folder made smaller without training: rows of the vocabulary that given texts do
// not use, and layers from the top (Sajjad et al. 2023), are left out.
// Thread-safety: functions on their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "base/threads.h"

namespace penchant {

struct PruneOptions {
  // Tokens that stand more seldom in the texts go. What keeps any other text readable stays:
  // special tokens and every token of one character. 0: the whole vocabulary stays.
  uint64_t least_count = 1;
  std::vector<std::string_view> prompts;  // that will stand in front of texts: their tokens stay
  std::optional<size_t> layers;           // how many stay, from the first; none: all
};

// Copies the folder to `out`, which must not exist, with smaller weights, vocabulary and
// configuration. A text whose tokens all stay keeps its vector bit for bit in fp32 and bf16 as long
// as all layers stay; in bytes nearly, as smoothing samples the vocabulary. Vocabularies of Unigram
// and WordPiece, families whose table is called word_embeddings; others are refused by name.
Result<> prune(const Path& model, std::span<const std::string_view> texts,
               const PruneOptions& options, ThreadPool& pool, const Path& out);

}  // namespace penchant

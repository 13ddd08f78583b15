#include "encoder/model2vec.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/limits.h"
#include "encoder/safetensors.h"

namespace penchant {

namespace {

// The token that stands for what the vocabulary lacks, or -1. WordPiece, WordLevel and BPE name it;
// Unigram does not, and there the package keeps it too. The key occurs with a string once in a
// tokenizer.json; the same word as a vocabulary entry has a number behind it.
Result<int32_t> unknown_token(const Path& path, const Tokenizer& tokenizer) {
  TRY(const std::string text, read_file(path, limits::tokenizer_bytes));
  constexpr std::string_view key = "\"unk_token\"";
  for (size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
    size_t begin = text.find_first_not_of(" \t\r\n", at + key.size());
    if (begin == std::string::npos || text[begin] != ':') continue;
    begin = text.find_first_not_of(" \t\r\n", begin + 1);
    if (begin == std::string::npos || text[begin] != '"') continue;
    const size_t end = text.find('"', begin + 1);
    if (end == std::string::npos) continue;
    return tokenizer.token_id(std::string_view(text).substr(begin + 1, end - begin - 1));
  }
  return -1;
}

Result<Matrix> read_vectors(const Safetensors& file, const Path& path) {
  const auto& tensors = file.tensors();
  auto found = tensors.find("embeddings");
  if (found == tensors.end()) found = tensors.find("embedding.weight");
  if (found == tensors.end())
    return invalid(fmt::format("{}: no tensor \"embeddings\"", path.string()));
  const auto& [name, tensor] = *found;
  if (tensor.shape.size() != 2 || tensor.shape[1] < 1 ||
      tensor.shape[1] > limits::vector_dimensions)
    return invalid(fmt::format("{}: not a table of vectors of 1..{} dimensions", tensor.place,
                               limits::vector_dimensions));
  Matrix vectors;
  vectors.rows = tensor.shape[0];
  vectors.cols = tensor.shape[1];
  TRY(vectors.values, file.copy_floats(name, tensor.shape));
  return vectors;
}

// Without a mapping token i has row i, and there is a row for every token.
Result<std::vector<int32_t>> read_rows(const Safetensors& file, size_t tokens, size_t row_count) {
  std::vector<int32_t> rows(tokens);
  const auto found = file.tensors().find("mapping");
  if (found == file.tensors().end()) {
    if (row_count < tokens)
      return invalid(
          fmt::format("tokenizer.json has {} tokens, but there are {} vectors", tokens, row_count));
    for (size_t i = 0; i < tokens; ++i) rows[i] = static_cast<int32_t>(i);
    return rows;
  }
  TRY(const std::vector<int64_t> mapping, file.copy_integers("mapping"));
  if (mapping.size() < tokens)
    return invalid(
        fmt::format("{}: {} values for {} tokens", found->second.place, mapping.size(), tokens));
  for (size_t i = 0; i < tokens; ++i) {
    if (mapping[i] < 0 || static_cast<uint64_t>(mapping[i]) >= row_count)
      return invalid(fmt::format("{}: value {} is {}, but there are {} vectors",
                                 found->second.place, i, mapping[i], row_count));
    rows[i] = static_cast<int32_t>(mapping[i]);
  }
  return rows;
}

Result<std::vector<float>> read_weights(const Safetensors& file, size_t tokens) {
  const auto found = file.tensors().find("weights");
  if (found == file.tensors().end()) return std::vector<float>(tokens, 1.0f);
  TRY(auto weights, file.copy_floats("weights", found->second.shape));
  if (weights.size() < tokens)
    return invalid(
        fmt::format("{}: {} values for {} tokens", found->second.place, weights.size(), tokens));
  return weights;
}

}  // namespace

Result<Model2Vec> read_model2vec(const Path& folder) {
  const Path path = folder / "model.safetensors";
  TRY(Tokenizer tokenizer, Tokenizer::open(folder / "tokenizer.json"));
  TRY(const Safetensors file, Safetensors::open(path));
  TRY(Matrix vectors, read_vectors(file, path));
  const size_t tokens = tokenizer.vocabulary_size();
  auto rows = read_rows(file, tokens, vectors.rows);
  if (!rows.ok())
    return Error{rows.error().code, fmt::format("{}: {}", folder.string(), rows.error().message)};
  TRY(auto weights, read_weights(file, tokens));
  TRY(const int32_t unknown, unknown_token(folder / "tokenizer.json", tokenizer));
  if (unknown >= 0) (*rows)[static_cast<size_t>(unknown)] = -1;
  return Model2Vec{std::move(tokenizer), std::move(vectors), *std::move(rows), std::move(weights)};
}

}  // namespace penchant

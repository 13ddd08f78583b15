#include "encoder/model2vec.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "base/json.h"
#include "base/limits.h"

namespace penchant {

namespace {

// What stands behind `key` and a colon where that is first followed by something that `begins`.
// These keys occur once with a value; the same words as vocabulary entries have others behind them.
std::string_view value_of(std::string_view json, std::string_view key, std::string_view begins) {
  constexpr std::string_view space = " \t\r\n";
  for (size_t at = json.find(key); at != json.npos; at = json.find(key, at + 1)) {
    size_t begin = json.find_first_not_of(space, at + key.size());
    if (begin == json.npos || json[begin] != ':') continue;
    begin = json.find_first_not_of(space, begin + 1);
    if (begin != json.npos && begins.find(json[begin]) != begins.npos) return json.substr(begin);
  }
  return "";
}

// The token that stands for what the vocabulary lacks, or -1: WordPiece, WordLevel and BPE tell it,
// Unigram its id.
int32_t unknown_token(std::string_view json, const Tokenizer& tokenizer) {
  if (std::string_view token = value_of(json, "\"unk_token\"", "\""); !token.empty()) {
    token.remove_prefix(1);
    if (const size_t end = token.find('"'); end != token.npos)
      return tokenizer.token_id(token.substr(0, end));
  }
  const std::string_view number = value_of(json, "\"unk_id\"", "0123456789");
  int32_t id = -1;
  std::from_chars(number.data(), number.data() + number.size(), id);
  return id >= 0 && static_cast<size_t>(id) < tokenizer.vocabulary_size() ? id : -1;
}

// Whole numbers as they lie in the file.
template <class Table>
Table copy_table(const Tensor& tensor, size_t cols) {
  Table table{tensor.shape[0], cols, {}};
  table.values.resize(tensor.bytes.size());
  if (!table.values.empty())
    std::memcpy(table.values.data(), tensor.bytes.data(), tensor.bytes.size());
  return table;
}

Result<VectorTable> read_vectors(const Safetensors& file, std::string_view place) {
  const auto& tensors = file.tensors();
  auto found = tensors.end();
  for (const char* name : {"embeddings", "embedding.weight", "embeddings.nibbles"})
    if (found == tensors.end()) found = tensors.find(name);
  if (found == tensors.end()) return invalid(fmt::format("{}: no tensor \"embeddings\"", place));
  const auto& [name, tensor] = *found;
  const bool nibbles = name == "embeddings.nibbles";
  const size_t most = limits::vector_dimensions / (nibbles ? 2 : 1);
  if (tensor.shape.size() != 2 || tensor.shape[1] < 1 || tensor.shape[1] > most)
    return invalid(fmt::format("{}: not a table of vectors of 1..{} dimensions", tensor.place,
                               limits::vector_dimensions));
  if (nibbles) {
    if (tensor.dtype != "U8")
      return invalid(fmt::format("{}: dtype {}, expected U8", tensor.place, tensor.dtype));
    return VectorTable(copy_table<NibbleTable>(tensor, 2 * tensor.shape[1]));
  }
  if (tensor.dtype == "I8") return VectorTable(copy_table<ByteTable>(tensor, tensor.shape[1]));
  Matrix vectors;
  vectors.rows = tensor.shape[0];
  vectors.cols = tensor.shape[1];
  TRY(vectors.values, file.copy_floats(name, tensor.shape));
  return VectorTable(std::move(vectors));
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

Result<Model2Vec> make_model2vec(std::string_view tokenizer_json, const Safetensors& vectors,
                                 std::string_view place) {
  TRY(Tokenizer tokenizer, Tokenizer::parse(tokenizer_json, place));
  TRY(VectorTable table, read_vectors(vectors, place));
  const size_t tokens = tokenizer.vocabulary_size();
  auto rows = read_rows(vectors, tokens, table.rows());
  if (!rows.ok())
    return Error{rows.error().code, fmt::format("{}: {}", place, rows.error().message)};
  TRY(auto weights, read_weights(vectors, tokens));
  const int32_t unknown = unknown_token(tokenizer_json, tokenizer);
  if (unknown >= 0) (*rows)[static_cast<size_t>(unknown)] = -1;
  return Model2Vec{std::move(tokenizer), std::move(table), *std::move(rows), std::move(weights)};
}

Result<Model2Vec> read_model2vec(const Path& folder) {
  TRY(const std::string json, read_file(folder / "tokenizer.json", limits::tokenizer_bytes));
  TRY(const Safetensors file, Safetensors::open(folder / "model.safetensors"));
  return make_model2vec(json, file, folder.string());
}

}  // namespace penchant

#include "encoder/prune.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <list>
#include <system_error>

#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "encoder/derived_folder.h"
#include "encoder/safetensors.h"
#include "encoder/safetensors_writer.h"
#include "encoder/tokenise.h"
#include "encoder/weights.h"
#include "text/smaller_vocabulary.h"

namespace penchant {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view table_name = "word_embeddings.weight";

// Whether a token is one character, marks of a word's beginning or inside aside.
bool is_character(std::string_view token) {
  for (const std::string_view mark : {"\xE2\x96\x81", "##"})  // U+2581
    if (token.starts_with(mark)) token.remove_prefix(mark.size());
  return utf8_length(token) <= 1;
}

Result<SmallerVocabulary> smaller_vocabulary(const Path& model,
                                             std::span<const std::string_view> texts,
                                             const PruneOptions& options, ThreadPool& pool) {
  const Path path = model / "tokenizer.json";
  TRY(const std::string json, read_file(path, limits::tokenizer_bytes));
  TRY(const Tokenizer tokenizer, Tokenizer::parse(json, path.string()));
  TRY(const auto ids, tokenise(tokenizer, texts, "", {.add_special_tokens = false}, pool));
  TRY(const auto prompts,
      tokenise(tokenizer, options.prompts, "", {.add_special_tokens = false}, pool));
  auto counts = count_tokens(ids, tokenizer.vocabulary_size());
  for (const std::vector<int32_t>& prompt : prompts)
    for (const int32_t id : prompt) counts[static_cast<size_t>(id)] = options.least_count;
  std::vector<int32_t> kept;
  for (size_t id = 0; id < counts.size(); ++id)
    if (const auto token = static_cast<int32_t>(id);
        counts[id] >= options.least_count || is_character(tokenizer.token(token)))
      kept.push_back(token);
  return keep_tokens(json, path.string(), kept, Rest::all);
}

// N of "encoder.layer.N.attention..." or nothing.
std::optional<size_t> layer_of(std::string_view name) {
  constexpr std::string_view mark = "layer.";
  const size_t at = name.find(mark);
  if (at == name.npos || (at > 0 && name[at - 1] != '.')) return std::nullopt;
  size_t number = 0;
  const char* begin = name.data() + at + mark.size();
  const auto [end, error] = std::from_chars(begin, name.data() + name.size(), number);
  if (error != std::errc() || end == name.data() + name.size() || *end != '.') return std::nullopt;
  return number;
}

// The rows `ids` of a table.
Result<std::vector<uint8_t>> take_rows(const Tensor& table, std::span<const int32_t> ids) {
  if (table.shape.empty() || table.shape[0] == 0)
    return invalid(fmt::format("{}: not a table of tokens", table.place));
  const size_t row = table.bytes.size() / table.shape[0];
  std::vector<uint8_t> out(ids.size() * row);
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto id = static_cast<size_t>(ids[i]);
    if (id >= table.shape[0])
      return invalid(
          fmt::format("{}: {} rows, but a token has id {}", table.place, table.shape[0], id));
    std::memcpy(out.data() + i * row, table.bytes.data() + id * row, row);
  }
  return out;
}

// Empty `ids`: the whole vocabulary.
Result<std::string> smaller_weights(const Safetensors& file, std::span<const int32_t> ids,
                                    const std::optional<size_t>& layers) {
  std::vector<NamedBytes> kept;
  std::list<std::vector<uint8_t>> made;
  size_t found_layers = 0;
  bool found_table = false;
  for (const auto& [name, tensor] : file.tensors()) {
    if (const auto layer = layer_of(name)) {
      found_layers = std::max(found_layers, *layer + 1);
      if (layers && *layer >= *layers) continue;
    }
    kept.push_back({name, tensor.dtype, tensor.shape, tensor.bytes});
    const bool is_table = name.ends_with(table_name);
    if (!is_table && !name.ends_with(scale_name(std::string(table_name)))) continue;
    found_table |= is_table;
    if (ids.empty()) continue;
    TRY(std::vector<uint8_t> rows, take_rows(tensor, ids));
    made.push_back(std::move(rows));
    kept.back().shape[0] = ids.size();
    kept.back().bytes = made.back();
  }
  if (!found_table)
    return invalid(
        fmt::format("model.safetensors has no tensor ...{}: only families that call "
                    "the table of tokens so can be pruned",
                    table_name));
  if (layers && (*layers < 1 || *layers > found_layers))
    return invalid(fmt::format("{} layers to keep, but the model has {}", *layers, found_layers));
  return safetensors_file(kept);
}

Result<std::string> smaller_config(const Path& path, const SmallerVocabulary* vocabulary,
                                   const std::optional<size_t>& layers) {
  TRY(const std::string text, read_file(path, limits::config_bytes));
  TRY(json::value value, parse_json(text, path.string()));
  if (!value.is_object()) return invalid(fmt::format("{}: not a JSON object", path.string()));
  json::object& config = value.get_object();
  if (vocabulary != nullptr) {
    config["vocab_size"] = vocabulary->ids.size();
    // Positions count from the padding's id in some families: it must not move.
    if (const json::value* pad = config.if_contains("pad_token_id"); pad && pad->is_int64()) {
      const auto id = static_cast<size_t>(pad->get_int64());
      if (id >= vocabulary->ids.size() || vocabulary->ids[id] != pad->get_int64())
        return invalid(fmt::format("{}: pad_token_id {} would move", path.string(), id));
    }
  }
  if (layers)
    for (const char* field : {"num_hidden_layers", "n_layers"})
      if (config.contains(field)) config[field] = *layers;
  return to_text(value) + "\n";
}

}  // namespace

Result<> prune(const Path& model, std::span<const std::string_view> texts,
               const PruneOptions& options, ThreadPool& pool, const Path& out) {
  std::error_code error;
  if (fs::exists(out, error))
    return Error{Code::conflict, fmt::format("{} exists already", out.string())};
  std::optional<SmallerVocabulary> vocabulary;
  if (options.least_count > 0) {
    TRY(vocabulary.emplace(), smaller_vocabulary(model, texts, options, pool));
  }
  TRY(const Safetensors file, Safetensors::open(model / "model.safetensors"));
  const std::span<const int32_t> ids =
      vocabulary ? std::span<const int32_t>(vocabulary->ids) : std::span<const int32_t>();
  TRY(std::string weights, smaller_weights(file, ids, options.layers));
  TRY(std::string config,
      smaller_config(model / "config.json", vocabulary ? &*vocabulary : nullptr, options.layers));
  std::vector<NewFile> files = {{"model.safetensors", std::move(weights)},
                                {"config.json", std::move(config)}};
  if (vocabulary) files.push_back({"tokenizer.json", std::move(vocabulary->json)});
  return write_derived_folder(model, files, out);
}

}  // namespace penchant

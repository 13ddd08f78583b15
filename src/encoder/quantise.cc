#include "encoder/quantise.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <map>

#include "base/json.h"
#include "base/limits.h"
#include "encoder/derived_folder.h"
#include "encoder/model_config.h"
#include "encoder/safetensors.h"
#include "encoder/safetensors_writer.h"
#include "encoder/smoothing.h"
#include "encoder/transformer.h"
#include "encoder/weights.h"
#include "math/matmul.h"
#include "math/vector_table.h"

namespace penchant {

namespace {

struct Roles {
  std::vector<std::string> matrices;
  std::string words;
  std::map<std::string, Smoothing> smoothing;  // of some matrices
};

// Reads everything as the encoder would, so that what is written is a model.
Result<Roles> roles_of(const Path& path, const ModelConfig& config) {
  TRY(Safetensors file, Safetensors::open(path));
  WeightReader reader(file, config);
  TRY(reader.embeddings());
  for (size_t i = 0; i < config.weight_sets(); ++i) TRY(reader.layer(i));
  Roles roles{reader.matrices(), reader.words_name(), {}};
  std::vector<std::string> rounded = {roles.words};
  rounded.insert(rounded.end(), roles.matrices.begin(), roles.matrices.end());
  for (const std::string& matrix : rounded)
    if (const Tensor& tensor = file.tensors().find(matrix)->second; tensor.dtype == "I8")
      return invalid(fmt::format("{}: is in bytes already", tensor.place));
  std::vector<WeightReader::LayerNames> names;
  for (size_t i = 0; i < config.weight_sets(); ++i) names.push_back(reader.layer_names(i));
  TRY(const Transformer transformer, Transformer::load(std::move(file), config, Precision::fp32));
  if (!why_not_packed(config).empty()) return roles;  // only int8 wants smooth columns
  const std::vector<LayerSmoothing> layers = transformer.smoothing();
  for (size_t i = 0; i < layers.size(); ++i) {
    for (const std::string& name : names[i].qkv) roles.smoothing[name + ".weight"] = layers[i].qkv;
    for (const std::string& name : names[i].intermediate)
      roles.smoothing[name + ".weight"] = layers[i].intermediate;
  }
  return roles;
}

struct RoundedMatrix {
  std::vector<int8_t> bytes;   // [rows, columns]
  std::vector<float> scales;   // [rows]
  std::vector<float> factors;  // [columns], or empty
};

// `round(row, bytes)` gives the scale and may change the row.
template <class Round>
RoundedMatrix round_rows(const Tensor& matrix, ThreadPool& pool, const Round& round) {
  const size_t rows = matrix.shape[0], columns = matrix.shape[1];
  RoundedMatrix out{std::vector<int8_t>(rows * columns), std::vector<float>(rows), {}};
  pool.parallel_for(rows, [&](size_t row, int) {
    std::vector<float> values(columns);
    read_floats(matrix, row * columns, columns, values.data());
    out.scales[row] = round(std::span<float>(values), out.bytes.data() + row * columns);
  });
  return out;
}

RoundedMatrix round_words(const Tensor& matrix, ThreadPool& pool) {
  return round_rows(matrix, pool,
                    [](std::span<float> row, int8_t* bytes) { return round_to_bytes(row, bytes); });
}

// As Transformer and PackedLinear do it.
RoundedMatrix round_product(const Tensor& matrix, const Smoothing* smoothing, ThreadPool& pool) {
  RoundedMatrix out = round_rows(matrix, pool, [&](std::span<float> row, int8_t* bytes) {
    if (smoothing != nullptr) multiply_columns(row, smoothing->weights);
    return round_weights(row, 127, bytes);
  });
  if (smoothing != nullptr) out.factors = smoothing->activations;
  return out;
}

std::string rounded_file(const Safetensors& file, const Roles& roles,
                         const QuantiseOptions& options, ThreadPool& pool) {
  std::vector<NamedBytes> tensors;
  std::list<RoundedMatrix> made;
  for (const auto& [name, tensor] : file.tensors()) {
    const bool is_words = name == roles.words;
    if (is_words ? !options.words : std::ranges::count(roles.matrices, name) == 0) {
      tensors.push_back({name, tensor.dtype, tensor.shape, tensor.bytes});
      continue;
    }
    const auto smoothing = roles.smoothing.find(name);
    made.push_back(
        is_words
            ? round_words(tensor, pool)
            : round_product(
                  tensor, smoothing == roles.smoothing.end() ? nullptr : &smoothing->second, pool));
    const RoundedMatrix& matrix = made.back();
    tensors.push_back({name, "I8", tensor.shape, bytes_of(matrix.bytes)});
    tensors.push_back({scale_name(name), "F32", {matrix.scales.size()}, bytes_of(matrix.scales)});
    if (!matrix.factors.empty())
      tensors.push_back(
          {factor_name(name), "F32", {matrix.factors.size()}, bytes_of(matrix.factors)});
  }
  return safetensors_file(tensors);
}

Result<std::string> config_with_field(const Path& path) {
  TRY(const std::string text, read_file(path, limits::config_bytes));
  TRY(json::value value, parse_json(text, path.string()));
  if (!value.is_object()) return invalid(fmt::format("{}: not a JSON object", path.string()));
  value.get_object()["quantization_config"] =
      json::object{{"quant_method", "penchant"}, {"version", 1}, {"bits", 8}};
  return to_text(value) + "\n";
}

}  // namespace

Result<> quantise(const Path& model, const QuantiseOptions& options, ThreadPool& pool,
                  const Path& out) {
  std::error_code ignored;
  if (std::filesystem::exists(out, ignored))
    return Error{Code::conflict, fmt::format("{} exists already", out.string())};
  TRY(const std::string type, read_model_type(model));
  if (type == "model2vec")
    return invalid(fmt::format("{} has static vectors: only a transformer has matrices to round",
                               model.string()));
  TRY(const ModelConfig config, read_model_config(model));
  const Path path = model / "model.safetensors";
  TRY(const Roles roles, roles_of(path, config));
  TRY(const Safetensors file, Safetensors::open(path));
  std::vector<NewFile> files = {{"config.json", ""}, {"model.safetensors", ""}};
  TRY(files[0].bytes, config_with_field(model / "config.json"));
  files[1].bytes = rounded_file(file, roles, options, pool);
  return write_derived_folder(model, files, out);
}

}  // namespace penchant

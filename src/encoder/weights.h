// The tensors of a checkpoint by role, every shape checked against the configuration, whatever the
// family calls them: with and without the prefix of the model's class, LayerNorm's older gamma and
// beta, matrices as floats or as bytes with a scale for each row (docs/FORMATS.md). A tensor that
// belongs to the encoder but not to this configuration is refused.
// Thread-safety: one thread at a time.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "encoder/model_config.h"
#include "encoder/tensors.h"

namespace penchant {

struct DenseWeights {
  std::vector<float> weights;  // [outputs, inputs]; empty where the file has bytes
  // Output i is scales[i] * rows[i], whose [inputs] bytes stay in the file.
  std::vector<const int8_t*> rows;
  std::vector<float> scales;
  // Of products that read smoothed columns (encoder/smoothing.h): [inputs], which those bytes, or
  // what they are multiplied with, are still to be multiplied by. Empty: ones.
  std::vector<float> factors;
  std::vector<float> bias;  // [outputs], or empty

  bool has_weights() const { return !weights.empty() || !rows.empty(); }
  std::vector<float> floats(size_t inputs) const;  // of the bytes
  void to_floats(size_t inputs);                   // `weights` from the bytes, if there are any
};
struct NormWeights {
  std::vector<float> gamma, beta;  // empty gamma: no norm; of a norm without bias beta is zeros
};
struct LayerWeights {
  DenseWeights qkv;                  // queries, keys and values behind each other: [qkv_size, H]
  NormWeights query_norm, key_norm;  // [D]
  DenseWeights attention_output;     // [H, heads_size]
  DenseWeights intermediate;         // [inner, H]; gated: [2 inner, H], the activated half first
  DenseWeights output;               // [H, inner]
  NormWeights attention_norm, output_norm;  // before or behind, as the configuration says
};
struct EmbeddingWeights {
  const Tensor* words = nullptr;   // [vocabulary, E], stays in the file
  std::vector<float> word_scales;  // [vocabulary] where words are bytes, else empty
  std::vector<float> positions;    // [position_rows, E], the first token type's vector added
  std::vector<float> types;        // [types, E], less the first
  NormWeights norm;
  DenseWeights projection;  // [H, E], or empty
};

// The names of the tensors with the scales and the factors of a matrix of bytes: "x.weight" has
// "x.weight_scale" and "x.pre_quant_scale".
std::string scale_name(const std::string& matrix);
std::string factor_name(const std::string& matrix);

struct FamilyNames;

class WeightReader {
 public:
  WeightReader(const Tensors& file, const ModelConfig& config);

  Result<EmbeddingWeights> embeddings();
  Result<LayerWeights> layer(size_t set);  // of config.weight_sets()
  Result<NormWeights> final_norm();
  Result<std::vector<float>> distance_bias();  // [buckets, heads]
  Result<> check_nothing_left() const;         // call last

  // Of what was read so far, the tensors that products multiply by; and the table of words.
  const std::vector<std::string>& matrices() const { return matrices_; }
  std::string words_name() const;
  // Where a layer's products are, without ".weight" and ".bias": queries, keys and values (one name
  // where the file has them joined), the output of attention, the two of the feed-forward.
  struct LayerNames {
    std::vector<std::string> qkv, intermediate;
    std::string attention_output, output;
  };
  LayerNames layer_names(size_t set) const;
  // Whether all products that read smoothed columns are bytes in the file.
  bool has_smoothed_layers() const;

 private:
  Result<std::vector<float>> read_scales(const std::string& matrix, size_t rows);
  Result<> read_factors(const std::string& matrix, size_t inputs, DenseWeights& weights);
  bool has_bytes(const std::string& name) const;
  std::string layer_prefix(size_t set) const;
  Result<std::vector<float>> read(const std::string& name, std::vector<size_t> shape);
  Result<DenseWeights> dense(const std::string& name, size_t outputs, size_t inputs, bool bias,
                             bool smoothed = false);
  // Several products of the same input as one, their outputs behind each other.
  Result<DenseWeights> joined(const std::string& prefix, std::string_view names,
                              std::vector<size_t> outputs, size_t inputs, bool bias);
  Result<NormWeights> norm(const std::string& name, size_t size);

  const Tensors& file_;
  const ModelConfig& config_;
  const FamilyNames& names_;
  std::string prefix_;
  std::vector<std::string> matrices_;
  std::set<std::string, std::less<>> used_;
};

}  // namespace penchant

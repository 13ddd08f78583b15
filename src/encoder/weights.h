// The tensors of a checkpoint by role, every shape checked against the configuration, whatever the
// family calls them: with and without the prefix of the model's class, LayerNorm's older gamma and
// beta. A tensor that belongs to the encoder but not to this configuration is refused.
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
  std::vector<float> weights;  // [outputs, inputs]
  std::vector<float> bias;     // [outputs], or empty
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
  const Tensor* words = nullptr;  // [vocabulary, E], stays in the file
  std::vector<float> positions;   // [position_rows, E], the first token type's vector added
  std::vector<float> types;       // [types, E], less the first
  NormWeights norm;
  DenseWeights projection;  // [H, E], or empty
};

struct FamilyNames;

class WeightReader {
 public:
  WeightReader(const Tensors& file, const ModelConfig& config);

  Result<EmbeddingWeights> embeddings();
  Result<LayerWeights> layer(size_t set);  // of config.weight_sets()
  Result<NormWeights> final_norm();
  Result<std::vector<float>> distance_bias();  // [buckets, heads]
  Result<> check_nothing_left() const;         // call last

 private:
  Result<std::vector<float>> read(const std::string& name, std::vector<size_t> shape);
  Result<DenseWeights> dense(const std::string& name, size_t outputs, size_t inputs, bool bias);
  // Several products of the same input as one, their outputs behind each other.
  Result<DenseWeights> joined(const std::string& prefix, std::string_view names,
                              std::vector<size_t> outputs, size_t inputs, bool bias);
  Result<NormWeights> norm(const std::string& name, size_t size);

  const Tensors& file_;
  const ModelConfig& config_;
  const FamilyNames& names_;
  std::string prefix_;
  std::set<std::string, std::less<>> used_;
};

}  // namespace penchant

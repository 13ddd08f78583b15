// The tensors of a BERT-shaped checkpoint by role, with every shape checked against the
// configuration. Knows the names in use: with and without the prefix of the model's family, and
// LayerNorm's older gamma and beta. A tensor that belongs to the encoder but not to this
// configuration is refused.
// Thread-safety: one thread at a time.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "encoder/model_config.h"
#include "encoder/safetensors.h"

namespace penchant {

struct DenseWeights {
  std::vector<float> weights;  // [outputs, inputs]
  std::vector<float> bias;     // [outputs]
};
struct NormWeights {
  std::vector<float> gamma, beta;  // [H]
};
struct LayerWeights {
  DenseWeights qkv;  // query, key and value behind each other: [3 H, H]
  DenseWeights attention_output, intermediate, output;
  NormWeights attention_norm, output_norm;
};
struct EmbeddingWeights {
  const Tensor* words = nullptr;  // [vocabulary, H], stays in the file
  std::vector<float> positions;   // [positions, H], the first token type's vector added
  NormWeights norm;
};

class WeightReader {
 public:
  WeightReader(const Safetensors& file, const ModelConfig& config);

  Result<EmbeddingWeights> embeddings();
  Result<LayerWeights> layer(size_t index);
  Result<> check_nothing_left() const;  // call last

 private:
  Result<std::vector<float>> read(const std::string& name, std::vector<size_t> shape);
  Result<DenseWeights> dense(const std::string& name, size_t outputs, size_t inputs);
  Result<NormWeights> norm(const std::string& name);

  const Safetensors& file_;
  const ModelConfig& config_;
  std::string prefix_;
  std::set<std::string, std::less<>> used_;
};

}  // namespace penchant

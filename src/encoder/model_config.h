// What a model's folder says about a transformer: config.json describes the block that
// encoder/transformer.h runs; modules.json, 1_Pooling/config.json, tokenizer_config.json,
// sentence_bert_config.json and config_sentence_transformers.json of sentence-transformers say what
// follows it (docs/FORMATS.md).
// What would change the vectors and is not supported is refused by name, never ignored.
// Thread-safety: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "encoder/dense.h"

namespace penchant {

// Whose names the tensors have (encoder/weights.cc): llama stands for Qwen too, bert for RoBERTa.
enum class Family { bert, mpnet, distilbert, albert, modernbert, llama };

enum class Norm { layer, rms };
enum class Positions { none, absolute, rotary };
enum class Activation { gelu, gelu_tanh, relu, silu };
enum class Pooling { mean, cls, max, last, weighted_mean, mean_sqrt };

// A rule of every token's attention to those at most `window` away; 0: however far.
struct AttentionRule {
  size_t window = 0;
  float theta = 0;  // rotary: of the slowest turn
};

// What sentence-transformers puts behind the pooling: a product with its activation whose weights
// lie in a folder of their own, or with outputs = 0 the length made 1.
struct VectorModule {
  std::string folder;
  size_t inputs = 0, outputs = 0;
  bool bias = true;
  DenseActivation activation = DenseActivation::tanh;
};

struct ModelConfig {
  Family family = Family::bert;

  size_t vocabulary = 0;
  size_t hidden = 0;     // called H below
  size_t embedding = 0;  // width of the word vectors; when it is not H, a product makes them H wide
  size_t types = 0;      // token types; 0: the model has none
  bool embedding_norm = true;

  Positions positions = Positions::absolute;
  size_t position_rows = 0;     // of the table of absolute positions
  size_t position_offset = 0;   // row of the first token: 0 for BERT, 2 for RoBERTa
  size_t distance_buckets = 0;  // MPNet: scores get a bias by head and distance; 0: they do not

  // layers times: x = norm(x + attention(x)), x = norm(x + feed_forward(x)); or with norm_first
  // x += attention(norm(x)), x += feed_forward(norm(x)) and one norm behind the last.
  size_t layers = 0;
  size_t groups = 0;        // ALBERT: sets of weights that the layers share; 0: each has its own
  size_t group_layers = 1;  // layers of one set
  bool norm_first = false;
  bool first_norm = true;  // false: the first layer's attention takes x as it is
  Norm norm = Norm::layer;
  bool norm_bias = true;
  float epsilon = 1e-12f;

  size_t heads = 0;
  size_t key_heads = 0;    // divides heads: so many queries share a key and a value
  size_t head_size = 0;    // called D below
  bool head_norm = false;  // Qwen3: queries and keys are normalised by heads
  bool causal = false;
  bool qkv_bias = true, attention_bias = true;
  AttentionRule global, local;
  std::vector<uint8_t> is_local;  // [layers], or empty: all are global

  // output(act(x A)), or with gated output(act(x A) * (x B)).
  size_t intermediate = 0;
  Activation activation = Activation::gelu;
  bool gated = false;
  bool feed_forward_bias = true;

  Pooling pooling = Pooling::mean;
  bool include_prompt = true;         // false: the tokens of a prompt are not pooled
  std::vector<VectorModule> modules;  // in their order; the last of them, if any, is a product
  size_t dimensions = 0;              // of a vector: the first so many numbers of what comes out
  size_t max_tokens = 0;              // special tokens included
  std::string prompt_plain, prompt_query, prompt_passage;

  size_t pooled_size() const { return modules.empty() ? hidden : modules.back().outputs; }
  size_t heads_size() const { return heads * head_size; }
  size_t qkv_size() const { return (heads + 2 * key_heads) * head_size; }
  size_t inner_size() const { return gated ? 2 * intermediate : intermediate; }
  bool local_at(size_t layer) const { return !is_local.empty() && is_local[layer] != 0; }
  const AttentionRule& rule(size_t layer) const { return local_at(layer) ? local : global; }
  size_t length_max() const;  // tokens a sequence may have whatever max_tokens says
  size_t weight_sets() const { return groups == 0 ? layers : groups * group_layers; }
  size_t weights_of(size_t layer) const;  // which set a layer runs with
};

// The small files of a model, wherever they lie.
class ModelFiles {
 public:
  virtual ~ModelFiles() = default;
  // The text of a file named relative to the model's folder; nothing when it is not there.
  virtual Result<std::optional<std::string>> read(const std::string& name) const = 0;
};

// Of a folder or a GGUF file (encoder/gguf_model.h).
Result<std::unique_ptr<ModelFiles>> open_model_files(const Path& model);

// `place` starts every error message.
Result<ModelConfig> parse_model_config(const ModelFiles& files, const std::string& place);
Result<ModelConfig> read_model_config(const Path& model);

// What a model is called: "models/x/" and "models/x" are both named x.
std::string name_of_model(const Path& path);

// The model_type of a config.json: "bert", "xlm-roberta", "model2vec", ...
Result<std::string> read_model_type(const Path& folder);

struct JsonFields;

// What transformers calls an activation, of a field of config.json that may be absent.
Result<Activation> read_activation(const JsonFields& fields, std::string_view field,
                                   std::string_view usual);

// Why a transformer cannot run with products of bytes or bfloat16, or "". Otherwise every precision
// is fp32.
std::string why_not_packed(const ModelConfig& config);

}  // namespace penchant

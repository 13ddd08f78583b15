#include "encoder/head.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "encoder/pooling.h"
#include "math/kernels.h"

namespace penchant {

namespace {

// Names without ".weight" and ".bias".
struct HeadNames {
  std::string_view model_type;
  std::string_view prefix;  // of the encoder's class, which some files leave out
  std::string_view first;   // starts with "{}" where that prefix stands in front
  DenseActivation activation;
  std::string_view norm, output;
  std::vector<std::string_view> parts;  // what else starts so is refused
};

const HeadNames heads[] = {
    {"bert", "bert.", "{}pooler.dense", DenseActivation::tanh, "", "classifier", {"classifier."}},
    {"roberta",
     "",
     "classifier.dense",
     DenseActivation::tanh,
     "",
     "classifier.out_proj",
     {"classifier."}},
    {"mpnet",
     "",
     "classifier.dense",
     DenseActivation::tanh,
     "",
     "classifier.out_proj",
     {"classifier."}},
    {"distilbert",
     "",
     "pre_classifier",
     DenseActivation::relu,
     "",
     "classifier",
     {"pre_classifier.", "classifier."}},
    {"albert", "albert.", "{}pooler", DenseActivation::tanh, "", "classifier", {"classifier."}},
    {"modernbert",
     "",
     "head.dense",
     DenseActivation::gelu,
     "head.norm",
     "classifier",
     {"head.", "classifier."}},
    {"llama", "", "", DenseActivation::identity, "", "score", {"score."}},
};

const HeadNames& names_of(std::string_view type) {
  if (type == "xlm-roberta" || type == "camembert") type = "roberta";
  if (type == "qwen2" || type == "qwen3") type = "llama";
  return *std::ranges::find(heads, type, &HeadNames::model_type);
}

class HeadReader {
 public:
  explicit HeadReader(const Safetensors& file) : file_(file) {}

  Result<std::vector<float>> read(const std::string& name, std::vector<size_t> shape) {
    TRY(auto values, file_.copy_floats(name, shape));
    used_.insert(name);
    return values;
  }
  Result<Dense> dense(const std::string& name, size_t outputs, size_t inputs, bool has_bias,
                      DenseActivation activation) {
    TRY(const auto weights, read(name + ".weight", {outputs, inputs}));
    std::vector<float> bias;
    if (has_bias) {
      TRY(bias, read(name + ".bias", {outputs}));
    }
    return Dense(weights, outputs, inputs, bias, activation);
  }
  Result<> check_nothing_left(const HeadNames& names) const {
    for (const auto& [name, tensor] : file_.tensors()) {
      if (used_.contains(name)) continue;
      for (const std::string_view part : names.parts)
        if (name.starts_with(part))
          return invalid(fmt::format("{}: belongs to no part of this model's head", tensor.place));
    }
    return {};
  }

 private:
  const Safetensors& file_;
  std::set<std::string, std::less<>> used_;
};

}  // namespace

Result<ClassificationHead> ClassificationHead::load(const Safetensors& file,
                                                    const ModelConfig& config,
                                                    const HeadConfig& head) {
  const HeadNames& names = names_of(head.model_type);
  const size_t H = config.hidden;
  const bool is_modern = !names.norm.empty();
  ClassificationHead result;
  result.hidden_ = H;
  result.epsilon_ = head.epsilon;
  result.pooling_ = is_modern ? head.pooling : names.first.empty() ? Pooling::last : Pooling::cls;
  result.padding_ = head.padding;
  HeadReader reader(file);
  if (!names.first.empty()) {
    std::string name = fmt::format(fmt::runtime(names.first), names.prefix);
    if (const std::string bare = fmt::format(fmt::runtime(names.first), "");
        file.tensors().contains(bare + ".weight"))
      name = bare;
    TRY(result.first_, reader.dense(name, H, H, !is_modern || head.bias,
                                    is_modern ? head.activation : names.activation));
  }
  if (is_modern) {
    const std::string name(names.norm);
    TRY(result.norm_.gamma, reader.read(name + ".weight", {H}));
    result.norm_.beta.resize(H);
    if (head.norm_bias) {
      TRY(result.norm_.beta, reader.read(name + ".bias", {H}));
    }
  }
  const bool is_biased = names.output != "score";
  TRY(result.output_, reader.dense(std::string(names.output), head.labels.size(), H, is_biased,
                                   DenseActivation::identity));
  TRY(reader.check_nothing_left(names));
  return result;
}

void ClassificationHead::pool_states(TokenIds ids, std::span<const float> states,
                                     std::span<float> out) const {
  if (pooling_ != Pooling::last) return pool(pooling_, states, 0, out);
  size_t last = ids.size() - 1;
  while (last > 0 && ids[last] == padding_) --last;
  const auto state = states.subspan(last * hidden_, hidden_);
  std::copy(state.begin(), state.end(), out.begin());
}

void ClassificationHead::run(TokenIds ids, std::span<const float> states,
                             std::span<float> logits) const {
  std::vector<float> pooled(hidden_), inner(hidden_);
  pool_states(ids, states, pooled);
  if (first_.has_value()) {
    first_->run(pooled, inner);
    std::swap(pooled, inner);
  }
  if (!norm_.gamma.empty()) {
    kernels().layer_norm(pooled.data(), norm_.gamma.data(), norm_.beta.data(), epsilon_, hidden_,
                         inner.data());
    std::swap(pooled, inner);
  }
  output_->run(pooled, logits);
}

}  // namespace penchant

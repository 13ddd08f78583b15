#include "encoder/head_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "encoder/json_fields.h"

namespace penchant {

namespace {

constexpr size_t labels_max = 10'000;
constexpr std::string_view class_suffix = "ForSequenceClassification";

Result<> check_architecture(const JsonFields& fields) {
  auto names = get_strings(fields.object, "architectures");
  if (!names.ok()) return invalid(fmt::format("{}: {}", fields.place, names.error().message));
  if (std::ranges::any_of(*names, [](const auto& name) { return name.ends_with(class_suffix); }))
    return {};
  return not_found(fmt::format(
      "{}: architectures names {}, expected one ending in {}", fields.place,
      names->empty() ? "none" : fmt::format("{}", fmt::join(*names, ", ")), class_suffix));
}

// id2label's keys are the numbers 0, 1, ...; absent it has two unnamed labels, as transformers
// leaves that default out of its files.
Result<> read_labels(const JsonFields& fields, HeadConfig& head) {
  TRY(const JsonFields names, fields.object_of("id2label"));
  const bool named = fields.has("id2label");
  TRY(const size_t count,
      fields.size("num_labels", 1, labels_max,
                  named ? static_cast<int64_t>(names.object.size()) : int64_t{2}));
  if (named && names.object.size() != count)
    return invalid(fmt::format("{}: id2label has {} labels, num_labels says {}", fields.place,
                               names.object.size(), count));
  if (count == 0 || count > labels_max)
    return invalid(
        fmt::format("{}: id2label has {} labels, not 1..{}", fields.place, count, labels_max));
  for (size_t i = 0; i < count; ++i) {
    const std::string key = fmt::format("{}", i);
    if (named && !names.has(key))
      return invalid(fmt::format("{} has no label {}", names.place, key));
    TRY(std::string label, names.text(key, "LABEL_" + key));
    head.labels.push_back(std::move(label));
  }
  return {};
}

// As transformers' text-classification pipeline chooses.
Result<> read_problem(const JsonFields& fields, HeadConfig& head) {
  TRY(const std::string problem, fields.text("problem_type", ""));
  constexpr std::string_view known[] = {"", "regression", "single_label_classification",
                                        "multi_label_classification"};
  if (std::ranges::find(known, problem) == std::end(known))
    return fields.refuse("problem_type",
                         "regression, single_label_classification and multi_label_classification");
  head.of_texts = ScoreFunction::softmax;
  if (problem == "regression")
    head.of_texts = ScoreFunction::logits;
  else if (problem == "multi_label_classification" || head.labels.size() == 1)
    head.of_texts = ScoreFunction::sigmoid;
  return {};
}

// As sentence-transformers' CrossEncoder.predict chooses: the activation that the file names (a
// class of torch.nn), else a sigmoid over one label and nothing over several.
Result<> read_pair_function(const JsonFields& fields, HeadConfig& head) {
  head.of_pairs = head.labels.size() == 1 ? ScoreFunction::sigmoid : ScoreFunction::logits;
  TRY(const JsonFields own, fields.object_of("sentence_transformers"));
  for (const auto& [from, field] : {std::pair(&fields, "sbert_ce_default_activation_function"),
                                    std::pair(&own, "activation_fn")}) {
    TRY(const std::string name, from->text(field, ""));
    if (name.empty()) continue;
    const std::string kind = name.substr(name.rfind('.') + 1);
    if (kind == "Identity")
      head.of_pairs = ScoreFunction::logits;
    else if (kind == "Sigmoid")
      head.of_pairs = ScoreFunction::sigmoid;
    else if (kind == "Softmax")
      head.of_pairs = ScoreFunction::softmax;
    else
      return from->refuse(field, "Identity, Sigmoid and Softmax");
  }
  return {};
}

Result<> read_modernbert_head(const JsonFields& fields, HeadConfig& head) {
  TRY(const std::string pooling, fields.text("classifier_pooling", "cls"));
  if (pooling != "cls" && pooling != "mean")
    return fields.refuse("classifier_pooling", "cls and mean");
  head.pooling = pooling == "cls" ? Pooling::cls : Pooling::mean;
  TRY(const Activation activation, read_activation(fields, "classifier_activation", "gelu"));
  constexpr DenseActivation same[] = {DenseActivation::gelu, DenseActivation::gelu_tanh,
                                      DenseActivation::relu, DenseActivation::silu};
  head.activation = same[static_cast<size_t>(activation)];
  TRY(head.bias, fields.flag("classifier_bias", false));
  TRY(head.norm_bias, fields.flag("norm_bias", false));
  TRY(head.epsilon, fields.number("norm_eps", 0, 0.999, 1e-5));
  return {};
}

}  // namespace

Result<HeadConfig> parse_head_config(const ModelFiles& files, const std::string& place) {
  const std::string name = (Path(place) / "config.json").string();
  TRY(const auto text, files.read("config.json"));
  if (!text.has_value()) return not_found(fmt::format("{}: no such file", name));
  TRY(const JsonFields fields, JsonFields::parse(*text, name));
  TRY(check_architecture(fields));
  HeadConfig head;
  TRY(head.model_type, fields.text("model_type", ""));
  TRY(read_labels(fields, head));
  TRY(read_problem(fields, head));
  TRY(read_pair_function(fields, head));
  if (head.model_type == "modernbert") TRY(read_modernbert_head(fields, head));
  if (fields.has("pad_token_id")) {
    TRY(const size_t padding, fields.size("pad_token_id", 0, INT32_MAX));
    head.padding = static_cast<int64_t>(padding);
  }
  return head;
}

Result<HeadConfig> read_head_config(const Path& folder) {
  TRY(const auto files, open_model_files(folder));
  return parse_head_config(*files, folder.string());
}

}  // namespace penchant

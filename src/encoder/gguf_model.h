// A GGUF file as the Hugging Face folder it was made from: its metadata as config.json,
// tokenizer.json and the pooling's files, its tensors under transformers' names and in its order of
// rows. The families are those of `architectures` in gguf_model.cc (docs/FORMATS.md).
// Thread-safety: immutable.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "encoder/gguf.h"
#include "encoder/model_config.h"

namespace penchant {

class GgufModel final : public ModelFiles {
 public:
  static Result<GgufModel> open(const Path& file);
  // `bytes` must outlive the object; `place` starts every error message.
  static Result<GgufModel> parse(std::span<const uint8_t> bytes, std::string_view place);

  Result<std::optional<std::string>> read(const std::string& name) const override;

  // What model.safetensors of that folder would hold; the model is used up.
  Result<Tensors> take_tensors() &&;

  const std::string& architecture() const { return architecture_; }  // "llama"
  // What the file says about itself, or "" and nothing.
  std::string_view licence() const { return licence_; }
  const std::vector<std::string>& languages() const { return languages_; }

 private:
  explicit GgufModel(Gguf file) : file_(std::move(file)) {}
  static Result<GgufModel> make(Gguf file);
  Result<std::string> config_json() const;
  Result<std::optional<std::string>> pooling_json() const;
  Result<size_t> head_size() const;
  Result<uint64_t> size(std::string_view key, std::optional<uint64_t> usual = {}) const;
  std::string key(std::string_view name) const;  // "block_count" -> "llama.block_count"

  Gguf file_;
  std::string architecture_;
  bool pairs_rows_ = false;  // queries and keys are turned as pairs 2i, 2i + 1
  std::string licence_;
  std::vector<std::string> languages_;
};

// The GGUF file that a model's path means: the path itself, or the only one in a folder without
// config.json. Nothing when it means none; an error when a folder holds several.
Result<std::optional<Path>> find_gguf(const Path& model);

}  // namespace penchant

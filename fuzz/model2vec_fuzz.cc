// Whatever the bytes of model.safetensors are: a sentence, or vectors that every token can add up.
#include <cstdint>
#include <vector>

#include "encoder/model2vec.h"

namespace {

constexpr const char* tokenizer = R"({"model": {"type": "WordPiece", "unk_token": "[UNK]",
  "continuing_subword_prefix": "##", "max_input_chars_per_word": 9,
  "vocab": {"[UNK]": 0, "a": 1, "b": 2, "##b": 3}}})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = penchant::Safetensors::parse({data, size}, "input");
  if (!file.ok()) return 0;
  const auto model = penchant::make_model2vec(tokenizer, *file, "input");
  if (!model.ok()) return 0;
  std::vector<float> sum(model->vectors.cols());
  for (size_t id = 0; id < model->rows.size(); ++id)
    if (model->rows[id] >= 0)
      model->vectors.add(static_cast<size_t>(model->rows[id]), model->weights[id], sum);
  return 0;
}

// Any bytes as a GGUF file: refused with a sentence, or values and tensors that can be read whole,
// and a model whose parts open and run or are refused.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "encoder/gguf_model.h"
#include "encoder/transformer.h"
#include "text/tokenizer.h"

namespace penchant {

namespace {

void check_message(const Error& error) { CHECK(error.message.starts_with("fuzz"), error.message); }

void read_all(const Gguf& file) {
  for (const auto& [key, value] : file.metadata()) {
    (void)file.text(key).ok();
    (void)file.flag(key).ok();
    (void)file.number(key).ok();
    (void)file.size(key).ok();
    (void)file.texts(key).ok();
    (void)file.integers(key).ok();
  }
  for (const auto& [name, tensor] : file.tensors()) {
    (void)file.copy_floats(name, tensor.shape).ok();
    (void)file.copy_integers(name).ok();
  }
}

void use(const GgufModel& model) {
  const auto text = model.read("tokenizer.json");
  if (!text.ok()) return check_message(text.error());
  const auto tokenizer = Tokenizer::parse(text->value(), "fuzz");
  if (!tokenizer.ok()) return check_message(tokenizer.error());
  const auto ids = tokenizer->encode_ids(" The caf\u00e9 <|im_start|> 12\u4e2d\n");
  if (!ids.ok()) return;
  for (const int32_t id : *ids)
    CHECK(id >= 0 && static_cast<size_t>(id) < tokenizer->vocabulary_size(), "ids have rows");
}

void run(GgufModel model) {
  const auto config = parse_model_config(model, "fuzz");
  if (!config.ok()) return check_message(config.error());
  auto tensors = std::move(model).take_tensors();
  if (!tensors.ok()) return check_message(tensors.error());
  const auto transformer = Transformer::load(*std::move(tensors), *config, Precision::fp32);
  if (!transformer.ok()) return check_message(transformer.error());
  Workspace work;
  transformer->forward({.ids = {0, static_cast<int32_t>(config->vocabulary - 1)}, .begins = {0, 2}},
                       work);
}

}  // namespace

}  // namespace penchant

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penchant;
  const auto file = Gguf::parse({data, size}, "fuzz");
  if (!file.ok()) {
    check_message(file.error());
    return 0;
  }
  read_all(*file);
  auto model = GgufModel::parse({data, size}, "fuzz");
  if (!model.ok()) {
    check_message(model.error());
    return 0;
  }
  use(*model);
  run(*std::move(model));
  return 0;
}

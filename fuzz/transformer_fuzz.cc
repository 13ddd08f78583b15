// Whatever the bytes of model.safetensors are: a sentence, or a transformer that runs, in floats
// and in bytes.
#include <cstdint>
#include <cstring>
#include <vector>

#include "encoder/safetensors.h"
#include "encoder/transformer.h"

namespace {

penchant::ModelConfig small_config() {
  penchant::ModelConfig config;
  config.vocabulary = 3;
  config.hidden = config.embedding = 4;
  config.types = 1;
  config.position_rows = 3;
  config.layers = 1;
  config.heads = config.key_heads = 2;
  config.head_size = 2;
  config.intermediate = 5;
  config.dimensions = 4;
  config.max_tokens = 3;
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penchant;
  const ModelConfig config = small_config();
  for (const Precision precision : {Precision::fp32, Precision::int8}) {
    auto file = Safetensors::parse({data, size}, "input");
    if (!file.ok()) return 0;
    const auto transformer = Transformer::load(*std::move(file), config, precision);
    if (!transformer.ok()) return 0;
    Workspace work;
    transformer->forward({{2, 0, 1}, {0, 3}}, work);
  }
  return 0;
}

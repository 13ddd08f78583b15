// Whatever the bytes are: a sentence, or tensors that can be read whole.
#include <cstdint>
#include <vector>

#include "encoder/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = penchant::Safetensors::parse({data, size}, "input");
  if (!file.ok()) return 0;
  for (const auto& [name, tensor] : file->tensors()) {
    (void)file->copy_floats(name, tensor.shape).ok();
    (void)file->copy_integers(name).ok();
  }
  return 0;
}

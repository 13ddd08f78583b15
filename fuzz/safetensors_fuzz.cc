// Whatever the bytes are: a sentence, or tensors that can be read whole.
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "encoder/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = penchant::Safetensors::parse({data, size}, "input");
  if (!file.ok()) return 0;
  for (const auto& [name, tensor] : file->tensors()) {
    (void)file->copy_floats(name, tensor.shape).ok();
    (void)file->copy_integers(name).ok();
    if (const auto bytes = file->bytes(name, tensor.shape); bytes.ok()) {
      size_t count = 1;
      for (const size_t dimension : tensor.shape) count *= dimension;
      CHECK((*bytes)->bytes.size() == count, "a byte for each value");
    }
  }
  return 0;
}

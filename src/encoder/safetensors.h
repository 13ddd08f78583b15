// A safetensors file (docs/FORMATS.md), mapped and checked: every name, shape and byte range of the
// header fits the file before anything is read.
// Thread-safety: as Tensors.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/files.h"
#include "base/result.h"
#include "encoder/tensors.h"

namespace penchant {

class Safetensors : public Tensors {
 public:
  static Result<Safetensors> open(const Path& path);
  // `bytes` must outlive the object; `place` starts every error message.
  static Result<Safetensors> parse(std::span<const uint8_t> bytes, std::string_view place);
};

}  // namespace penchant

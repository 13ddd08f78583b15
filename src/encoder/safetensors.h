// Named tensors of a safetensors file (docs/FORMATS.md), mapped and checked: every name, shape and
// byte range of the header fits the file before anything is read, and values that are not finite
// numbers are refused.
// Thread-safety: immutable. Tensors point into the file: they live as long as the object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace penchant {

struct Tensor {
  std::string dtype;  // "F32", "BF16", ... as the file says
  std::vector<size_t> shape;
  std::span<const uint8_t> bytes;  // little-endian, row-major, any alignment
  std::string place;               // file and name, for messages
};

class Safetensors {
 public:
  static Result<Safetensors> open(const Path& path);
  // `bytes` must outlive the object; `place` starts every error message.
  static Result<Safetensors> parse(std::span<const uint8_t> bytes, std::string_view place);

  const std::map<std::string, Tensor, std::less<>>& tensors() const { return tensors_; }

  // A tensor of exactly this shape holding finite floats (F32, F16, BF16 or F64), or the sentence
  // why not.
  Result<const Tensor*> floats(std::string_view name, std::span<const size_t> shape) const;
  // The same, as a copy in float.
  Result<std::vector<float>> copy_floats(std::string_view name,
                                         std::span<const size_t> shape) const;
  // Of an I64 or I32 tensor of any shape.
  Result<std::vector<int64_t>> copy_integers(std::string_view name) const;

 private:
  Result<const Tensor*> find(std::string_view name) const;

  std::string place_;
  std::optional<MappedFile> file_;
  std::map<std::string, Tensor, std::less<>> tensors_;
};

// `count` values from position `first` of a tensor that floats() gave; the range was checked.
void read_floats(const Tensor& tensor, size_t first, size_t count, float* out);

}  // namespace penchant

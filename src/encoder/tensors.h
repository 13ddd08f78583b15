// The named tensors of a file of weights, whatever its format (safetensors.h, gguf.h): who reads
// the file checks shapes and byte ranges, and values that are not finite numbers are refused here.
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
  std::string dtype;  // "F32", "BF16", "Q4_1", ... (encoder/value_types.h)
  std::vector<size_t> shape;
  std::span<const uint8_t> bytes;  // little-endian, row-major, any alignment
  std::string place;               // file and name, for messages
  // 0: rows lie in order. D: of every D rows the first half and the second half lie by turns, as
  // llama.cpp's converter puts those of queries and keys; divides the number of rows and is even.
  size_t paired_rows = 0;
};

class Tensors {
 public:
  using Map = std::map<std::string, Tensor, std::less<>>;

  const Map& tensors() const { return tensors_; }

  // A tensor of exactly this shape holding finite floats, or the sentence why not.
  Result<const Tensor*> floats(std::string_view name, std::span<const size_t> shape) const;
  // The same, as a copy in float.
  Result<std::vector<float>> copy_floats(std::string_view name,
                                         std::span<const size_t> shape) const;
  // An I8 tensor of exactly this shape, or the sentence why not.
  Result<const Tensor*> bytes(std::string_view name, std::span<const size_t> shape) const;
  // Of an I64 or I32 tensor of any shape.
  Result<std::vector<int64_t>> copy_integers(std::string_view name) const;

 protected:
  // A file mapped, parsed by File::parse() and kept with the tensors that point into it.
  template <class File>
  static Result<File> open_mapped(const Path& path) {
    TRY(MappedFile mapped, MappedFile::open(path));
    TRY(File file, File::parse(mapped.bytes(), path.string()));
    file.file_ = std::move(mapped);  // the mapping stays where it is
    return file;
  }

  std::string place_;  // starts messages
  Map tensors_;
  std::optional<MappedFile> file_;  // that they point into, unless somebody else keeps it

 private:
  Result<const Tensor*> find(std::string_view name) const;
  Result<const Tensor*> find(std::string_view name, std::span<const size_t> shape) const;
};

// `count` values from position `first` of a tensor that floats() gave; the range was checked.
void read_floats(const Tensor& tensor, size_t first, size_t count, float* out);

// "[2, 3]"
std::string shape_text(std::span<const size_t> shape);

// Bytes of a tensor of this shape, row-major; nothing when they overflow, the type is unknown or
// rows are no whole blocks.
std::optional<size_t> tensor_bytes(std::string_view dtype, std::span<const size_t> shape);

}  // namespace penchant

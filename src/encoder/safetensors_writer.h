// Writes what safetensors.h reads. Thread-safety: a function on its arguments.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace penchant {

struct NamedBytes {
  std::string name;
  std::string dtype;  // "F32", "I8", ...
  std::vector<size_t> shape;
  std::span<const uint8_t> bytes;  // little-endian, row-major
};

// The bytes of the whole file.
std::string safetensors_file(std::span<const NamedBytes> tensors);

template <class T>
std::span<const uint8_t> bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(T)};
}

}  // namespace penchant

// A two-dimensional float32 array as a .npy file on stdout, rows as they come. The row count stands
// in the header: on a seekable stdout it is put there at the end, else the rows are kept until
// then. Format: NumPy's NEP 1, version 1.0. Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"

namespace penchant {

class NpyWriter {
 public:
  explicit NpyWriter(size_t columns);

  Result<> add(std::span<const float> row);
  Result<> finish();

 private:
  Result<> flush();

  size_t columns_;
  uint64_t rows_ = 0;
  bool seekable_;
  bool has_header_ = false;
  std::string pending_;
};

std::string npy_header(uint64_t rows, uint64_t columns);  // always npy_header_bytes long

}  // namespace penchant

// Rows of numbers to add up, in 32, 8 or 4 bits each. Of the narrow ones a row is whole numbers;
// what scales it is the caller's. Thread-safety: immutable.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "math/matrix.h"

namespace penchant {

// [rows, cols] of whole numbers in [-127, 127].
struct ByteTable {
  size_t rows = 0, cols = 0;
  std::vector<int8_t> values;
};

// [rows, cols] of whole numbers in [-7, 7], cols even: byte i of a row holds number i, plus 8, in
// its low half and number cols / 2 + i, plus 8, in its high one.
struct NibbleTable {
  size_t rows = 0, cols = 0;
  std::vector<uint8_t> values;  // [rows, cols / 2]
};

class VectorTable {
 public:
  VectorTable(Matrix table) : table_(std::move(table)) {}       // NOLINT: a table is a table
  VectorTable(ByteTable table) : table_(std::move(table)) {}    // NOLINT
  VectorTable(NibbleTable table) : table_(std::move(table)) {}  // NOLINT

  size_t rows() const;
  size_t cols() const;
  void add(size_t row, float weight, std::span<float> out) const;  // out += weight * row

 private:
  std::variant<Matrix, ByteTable, NibbleTable> table_;
};

// A table of the rows of `vectors` divided by `scales` [rows], which are chosen so that a row's
// squared error is least among a few.
template <class Table>
struct Rounded {
  Table table;
  std::vector<float> scales;
};
Rounded<ByteTable> round_to_bytes(const Matrix& vectors);
float round_to_bytes(std::span<const float> vector, int8_t* bytes);  // one row; gives its scale
Rounded<NibbleTable> round_to_nibbles(const Matrix& vectors);

}  // namespace penchant

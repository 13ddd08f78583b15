#include "math/vector_table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace penchant {
namespace {

Matrix random_matrix(size_t rows, size_t cols) {
  Matrix out(rows, cols);
  Random random(3);
  for (float& value : out.values) value = static_cast<float>(random.uniform() * 2 - 1);
  return out;
}

// Of the difference between a table's rows and the matrix's, per value.
template <class Table>
double error(const Matrix& vectors, const Rounded<Table>& rounded) {
  const VectorTable table(rounded.table);
  EXPECT_EQ(table.rows(), vectors.rows);
  EXPECT_EQ(table.cols(), vectors.cols);
  double squares = 0;
  for (size_t row = 0; row < vectors.rows; ++row) {
    std::vector<float> back(vectors.cols, 1);  // add() adds
    table.add(row, rounded.scales[row], back);
    for (size_t i = 0; i < back.size(); ++i)
      squares += std::pow(back[i] - 1 - vectors.row(row)[i], 2);
  }
  return std::sqrt(squares / static_cast<double>(vectors.values.size()));
}

TEST(VectorTable, RoundsRowsToBytesAndHalfBytes) {
  for (const size_t cols : {2, 16, 30, 256}) {
    const Matrix vectors = random_matrix(50, cols);
    EXPECT_LT(error(vectors, round_to_bytes(vectors)), 0.003);
    EXPECT_LT(error(vectors, round_to_nibbles(vectors)), 0.05);
  }
}

TEST(VectorTable, ARowOfZerosStaysZero) {
  const Matrix zeros(2, 4);
  EXPECT_EQ(error(zeros, round_to_bytes(zeros)), 0);
  EXPECT_EQ(error(zeros, round_to_nibbles(zeros)), 0);
}

TEST(VectorTable, HalfBytesKeepWholeNumbersOfEitherHalfWhereTheyWere) {
  Matrix vectors(1, 4);
  vectors.values = {-7, 1, 3, 7};
  const auto rounded = round_to_nibbles(vectors);
  EXPECT_EQ(rounded.scales[0], 1);
  EXPECT_EQ(rounded.table.values, (std::vector<uint8_t>{0xB1, 0xF9}));
}

}  // namespace
}  // namespace penchant

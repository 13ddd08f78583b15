#include "math/principal_axes.h"

#include <Eigen/Eigenvalues>

namespace penchant {

PrincipalAxes principal_axes(const Matrix& vectors, size_t count) {
  const size_t d = vectors.cols;
  CHECK(vectors.rows > 0 && count <= d, "enough vectors and dimensions");
  using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const Rows> x(vectors.values.data(), static_cast<Eigen::Index>(vectors.rows),
                                 static_cast<Eigen::Index>(d));
  const Eigen::RowVectorXf mean = x.colwise().mean();
  // In blocks of rows: the centred copy stays small, the sum is in double.
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(x.cols(), x.cols());
  constexpr Eigen::Index block = 4096;
  for (Eigen::Index begin = 0; begin < x.rows(); begin += block) {
    const Rows centred = x.middleRows(begin, std::min(block, x.rows() - begin)).rowwise() - mean;
    covariance += (centred.transpose() * centred).cast<double>();
  }
  covariance /= static_cast<double>(x.rows());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);

  PrincipalAxes out;
  out.mean.assign(mean.data(), mean.data() + d);
  out.axes = Matrix(count, d);
  for (size_t i = 0; i < count; ++i) {
    const Eigen::Index column = x.cols() - 1 - static_cast<Eigen::Index>(i);  // they rise
    out.variances.push_back(static_cast<float>(std::max(0.0, solver.eigenvalues()[column])));
    const Eigen::VectorXf axis = solver.eigenvectors().col(column).cast<float>();
    std::copy(axis.data(), axis.data() + d, out.axes.row(i).data());
  }
  return out;
}

}  // namespace penchant

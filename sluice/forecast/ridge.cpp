#include "sluice/forecast/ridge.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <array>

namespace sluice {
namespace {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Map = Eigen::Map<const RowMatrix>;

Map view(const Matrix& matrix) { return {matrix.values.data(), matrix.rows, matrix.columns}; }

std::vector<double> flat(const RowMatrix& matrix) {
  return {matrix.data(), matrix.data() + matrix.size()};
}

}  // namespace

std::vector<double> LinearModel::predict(std::span<const double> x) const {
  std::vector<double> y = intercept;
  for (int64_t i = 0; i < weights.rows; ++i) {
    const std::span<const double> row = weights.row(i);
    for (size_t j = 0; j < y.size(); ++j) y[j] += x[static_cast<size_t>(i)] * row[j];
  }
  return y;
}

RidgeProblem::RidgeProblem(const Matrix& x, const Matrix& y)
    : rows_(x.rows), inputs_(x.columns), outputs_(y.columns) {
  const Eigen::RowVectorXd input_mean = view(x).colwise().mean();
  const Eigen::RowVectorXd output_mean = view(y).colwise().mean();
  const RowMatrix centred_x = view(x).rowwise() - input_mean;
  const RowMatrix centred_y = view(y).rowwise() - output_mean;
  RowMatrix gram = RowMatrix::Zero(inputs_, inputs_);
  gram.selfadjointView<Eigen::Lower>().rankUpdate(centred_x.transpose());
  gram.triangularView<Eigen::StrictlyUpper>() = gram.transpose();
  gram_ = flat(gram);
  cross_ = flat(centred_x.transpose() * centred_y);
  input_mean_.assign(input_mean.begin(), input_mean.end());
  output_mean_.assign(output_mean.begin(), output_mean.end());
}

LinearModel RidgeProblem::solve(double penalty) const {
  RowMatrix gram = Eigen::Map<const RowMatrix>(gram_.data(), inputs_, inputs_);
  const Map cross(cross_.data(), inputs_, outputs_);
  // An input that changes no more than by rounding gets no weight; the floor is in its own unit.
  for (int64_t j = 0; j < inputs_; ++j) {
    const double mean = input_mean_[static_cast<size_t>(j)];
    const double floor = 1e-12 * static_cast<double>(rows_) * mean * mean + 1e-300;
    gram(j, j) += penalty * gram(j, j) + floor;
  }
  const RowMatrix weights = gram.ldlt().solve(cross);
  LinearModel model;
  model.weights = {inputs_, outputs_, flat(weights)};
  const Eigen::Map<const Eigen::RowVectorXd> input_mean(input_mean_.data(), inputs_);
  const Eigen::Map<const Eigen::RowVectorXd> output_mean(output_mean_.data(), outputs_);
  const Eigen::RowVectorXd intercept = output_mean - input_mean * weights;
  model.intercept.assign(intercept.begin(), intercept.end());
  return model;
}

std::span<const double> ridge_penalties() {
  static const std::array<double, 9> penalties = {1e-4, 1e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 3, 10};
  return penalties;
}

}  // namespace sluice

// Linear regression with a penalty, in closed form: the model to beat.
#pragma once

#include <span>
#include <vector>

#include "sluice/forecast/encoder.h"

namespace sluice {

/// y = intercept + x·weights.
struct LinearModel {
  Matrix weights;                 ///< [inputs, outputs]
  std::vector<double> intercept;  ///< [outputs]

  std::vector<double> predict(std::span<const double> x) const;
};

/// min ‖Y − XW − b‖² + Σ λ_j·W_j², the sums taken once and solved for any λ.
class RidgeProblem {
 public:
  /// x [N,D], y [N,H]; N ≥ 1.
  RidgeProblem(const Matrix& x, const Matrix& y);
  /// `penalty` is relative: λ of an input is penalty · its squared length (centred), as if all
  /// inputs had been standardised, so that one grid of penalties serves any unit and any number of
  /// windows. Must be above 0.
  LinearModel solve(double penalty) const;

 private:
  int64_t rows_, inputs_, outputs_;
  std::vector<double> gram_, cross_, input_mean_, output_mean_;
};

/// The penalties that are tried, smallest first.
std::span<const double> ridge_penalties();

}  // namespace sluice

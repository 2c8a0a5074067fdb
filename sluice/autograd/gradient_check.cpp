#include "sluice/autograd/gradient_check.h"

#include <algorithm>
#include <cmath>

#include "sluice/base/error.h"

namespace sluice {

namespace {

// Weights without pattern, so that errors of single elements cannot cancel.
Tensor weights_like(const Tensor& value) {
  Tensor weights = Tensor::uninitialized(value.shape(), DType::f64);
  for (int64_t i = 0; i < weights.numel(); ++i)
    weights.data<double>()[i] = std::cos(1.7 * static_cast<double>(i) + 0.3);
  return weights;
}

double weighted_sum(const Variable& result) {
  const Tensor weights = weights_like(result.value());
  double total = 0;
  for (int64_t i = 0; i < weights.numel(); ++i) total += weights.item(i) * result.value().item(i);
  return total;
}

// Central differences of two widths, combined so that the error falls with the fourth power.
// Where the two disagree there is a kink in between (relu at 0): look closer.
double numeric_slope(const std::function<Variable()>& function, double& element) {
  const NoGrad off;
  const double centre = element;
  double slope = 0;
  for (double width : {1e-4, 1e-6, 1e-7}) {
    const double step = width * std::max(1.0, std::abs(centre));
    const auto at = [&](double offset) {
      element = centre + offset * step;
      return weighted_sum(function());
    };
    const double near = (at(1) - at(-1)) / (2 * step), far = (at(2) - at(-2)) / (4 * step);
    slope = (4 * near - far) / 3;
    if (std::abs(near - far) <= 1e-5 * std::max(1.0, std::abs(near))) break;
  }
  element = centre;
  return slope;
}

void check_leaf(const Variable& leaf) {
  if (leaf.dtype() == DType::f64 && leaf.requires_grad() && !leaf.node()) return;
  fail_config("autograd.check", "check_gradients",
              "every leaf must be a double parameter that requires a gradient",
              "convert the module with to(DType::f64)");
}

}  // namespace

GradientCheck check_gradients(const std::function<Variable()>& function,
                              std::span<const Variable> leaves) {
  for (const Variable& leaf : leaves) {
    check_leaf(leaf);
    leaf.grad_buffer().fill(0);
  }
  const Variable result = function();
  result.backward(weights_like(result.value()));
  GradientCheck worst;
  worst.deviation = -1;
  for (size_t n = 0; n < leaves.size(); ++n) {
    Variable leaf = leaves[n];
    for (int64_t i = 0; i < leaf.value().numel(); ++i) {
      const double analytic = leaf.grad().item(i);
      const double numeric = numeric_slope(function, leaf.value().data<double>()[i]);
      const double scale = std::max({1.0, std::abs(analytic), std::abs(numeric)});
      double deviation = std::abs(analytic - numeric) / scale;
      if (!std::isfinite(deviation)) deviation = INFINITY;
      if (deviation <= worst.deviation) continue;
      worst = {deviation, analytic, numeric,
               "leaf " + std::to_string(n) + ", element " + std::to_string(i) + " of " +
                   leaf.shape().to_string()};
    }
  }
  worst.deviation = std::max(worst.deviation, 0.0);
  return worst;
}

}  // namespace sluice

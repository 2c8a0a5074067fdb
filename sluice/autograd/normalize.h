// Normalisation: numbers by the mean and the deviation of those around them.
#pragma once

#include "sluice/autograd/variable.h"

namespace sluice {

/// y = (x − mean) / √(variance + epsilon) · weight + bias along the last axis, x [..,C], with the
/// population variance; weight and bias [C], or both undefined.
/// Throws Error "autograd.normalize" where the shapes do not fit.
Variable layer_norm(const Variable& x, const Variable& weight, const Variable& bias,
                    double epsilon);

/// Mean and population variance of each channel of x [..,C] over the rows that count: all of them,
/// or those where `real` [rows] is not 0. In double, in a fixed order.
struct ChannelMoments {
  Tensor mean, variance;  ///< [C] double
  int64_t count = 0;      ///< rows that count
};
ChannelMoments channel_moments(const Tensor& x, const Tensor& real);

/// y = (x − mean) / √(variance + epsilon) · weight + bias for each channel of x [..,C]. With
/// `moments_of_x` the moments are those of x, and gradients flow through them; else they are
/// constants. Rows that do not count come out as zeros and give no gradient; `real` undefined: all
/// count.
struct BatchMoments {
  ChannelMoments values;
  bool of_x = true;
  Tensor real = {};
  double epsilon = 1e-5;
};
Variable batch_norm(const Variable& x, const Variable& weight, const Variable& bias,
                    const BatchMoments& moments);

}  // namespace sluice

// What training makes small.
#pragma once

#include <span>
#include <string>

#include "sluice/base/registry.h"
#include "sluice/layers/module.h"

namespace sluice {

/// A loss as one number, a tensor of shape [1]: the mean over the elements that are not padding.
/// prediction and target have the same shape; with `padding` it is [B,T,…].
using LossFunction = Variable (*)(const Variable& prediction, const Tensor& target,
                                  const Padding& padding);

/// Mean squared error. Throws Error "train.loss_shape" where the shapes differ.
Variable mse_loss(const Variable& prediction, const Tensor& target, const Padding& padding = {});
/// Mean absolute error; its slope at 0 is 0.
Variable mae_loss(const Variable& prediction, const Tensor& target, const Padding& padding = {});

std::span<const RegistryRow<LossFunction>> loss_registry();
/// Throws Error "config.unknown_loss" with the nearest name.
LossFunction find_loss(const std::string& name);

/// Elements of a [B,T,…] target that are not padding: what a loss divides by.
int64_t counted_elements(const Shape& shape, const Padding& padding);

}  // namespace sluice

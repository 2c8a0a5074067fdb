// What training makes small.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "sluice/base/options.h"
#include "sluice/base/registry.h"
#include "sluice/layers/module.h"

namespace sluice {

/// A loss as one number: the mean over the targets that are not padding.
///
/// Targets have any shape, with `padding` [B,T,…]. The model gives `outputs()` numbers for each:
/// where that is 1 the prediction has the target's shape, else that shape with one axis more of
/// that size, or with the last axis that many times as long, so that the head of a network may be
/// one linear layer. Throws Error "train.loss_shape" where the shapes differ.
class Loss {
 public:
  virtual ~Loss() = default;

  /// A tensor of shape [1]. Nothing is allocated once warm; the bits do not depend on the threads.
  virtual Variable operator()(const Variable& prediction, const Tensor& target,
                              const Padding& padding = {}) const = 0;

  /// Targets that the mean is over.
  virtual int64_t counted(const Tensor& target, const Padding& padding) const;
  /// Whether a target that is not padding counts.
  virtual bool counts(double target) const;

  /// Numbers that the model gives for each target; 0: one for each class, of any number.
  virtual int outputs() const { return 1; }
  /// Whether targets are classes: numbers from 0, or yes and no as 1 and 0.
  virtual bool predicts_class() const { return false; }
  /// Whether the prediction is the target itself, in the target's units.
  bool predicts_target() const { return outputs() == 1 && !predicts_class(); }

  /// What the model's numbers stand for, in the prediction's shape: probabilities of classes, the
  /// parameters of a distribution; themselves unless a loss says otherwise.
  virtual Tensor parameters(const Tensor& prediction) const { return prediction; }
  /// One number for each target, in the target's shape: the likeliest class, the median, the mean.
  Tensor point(const Tensor& prediction, const Shape& target) const;

 protected:
  /// Which of the `width` parameters of one target is the point.
  virtual int point_index() const { return 0; }
};

using LossFactory = std::unique_ptr<Loss> (*)(const Options& options);

/// mse, mae, huber, log_cosh, mape, cross_entropy, binary_cross_entropy, pinball, gaussian,
/// student_t, negative_binomial.
std::span<const RegistryRow<LossFactory>> loss_registry();
/// Throws Error "config.unknown_loss" or "config.unknown_key" with the nearest name.
std::unique_ptr<Loss> make_loss(const std::string& name, const Options& options = {});

/// Mean squared error.
Variable mse_loss(const Variable& prediction, const Tensor& target, const Padding& padding = {});
/// Mean absolute error; its slope at 0 is 0.
Variable mae_loss(const Variable& prediction, const Tensor& target, const Padding& padding = {});

/// Elements of a [B,T,…] target that are not padding.
int64_t counted_elements(const Shape& shape, const Padding& padding);

}  // namespace sluice

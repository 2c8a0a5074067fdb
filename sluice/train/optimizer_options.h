// Options that several optimizers take.
#pragma once

#include <string>

#include "sluice/autograd/variable.h"
#include "sluice/base/options.h"

namespace sluice {

/// The pull of parameters towards 0.
struct WeightDecay {
  double rate = 0;
  bool decoupled = false;  ///< shrinks the parameter itself; else added to its gradient (L2)
  bool biases = true;      ///< whether parameters of one axis are pulled too

  /// Share of a parameter that is added to its gradient.
  double in_gradient(const Variable& parameter) const { return decoupled ? 0 : of(parameter); }
  /// What a parameter is multiplied by before its update.
  double shrinkage(const Variable& parameter, double learning_rate) const {
    return decoupled ? 1 - learning_rate * of(parameter) : 1;
  }

 private:
  double of(const Variable& parameter) const {
    return biases || parameter.shape().rank() > 1 ? rate : 0;
  }
};

/// Reads weight_decay, decay and decay_biases; `usual` is the rate where none is given.
WeightDecay read_weight_decay(const Options& options, bool decoupled = false, double usual = 0);

/// Reads `convention`: whether the update is Keras' where it differs from PyTorch's.
bool read_keras(const Options& options);

/// Reads `key`, which must be at least 0 and below 1.
double read_share(const Options& options, const std::string& key, double usual);

/// Reads `key`, which must be at least 0.
double read_not_negative(const Options& options, const std::string& key, double usual);

}  // namespace sluice

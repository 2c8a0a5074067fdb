// Losses of one number for each target: of an error, and of a logit.
#pragma once

#include <memory>

#include "sluice/train/loss.h"

namespace sluice {

/// mse: e².
std::unique_ptr<Loss> make_mse(const Options& options);
/// mae: |e|, whose slope at 0 is 0.
std::unique_ptr<Loss> make_mae(const Options& options);
/// huber (1964) with delta: ½e² where |e| ≤ δ, else δ(|e| − ½δ).
std::unique_ptr<Loss> make_huber(const Options& options);
/// log_cosh: ln cosh e.
std::unique_ptr<Loss> make_log_cosh(const Options& options);
/// mape: 100 |e| / max(|y|, 1e-7), as Keras.
std::unique_ptr<Loss> make_mape(const Options& options);
/// binary_cross_entropy of a logit a and a target y from 0 to 1: ln(1 + exp(a)) − ya, as PyTorch's
/// BCEWithLogitsLoss.
std::unique_ptr<Loss> make_binary_cross_entropy(const Options& options);

}  // namespace sluice

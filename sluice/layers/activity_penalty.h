// What is added to the loss for large activations, or for activations that change fast.
#pragma once

#include "sluice/layers/module.h"

namespace sluice {

/// Factors of the two penalties of Merity et al. (2017).
struct ActivityPenaltyOptions {
  double activation = 0;           ///< α: α · mean over rows, steps and units of h²
  double temporal_activation = 0;  ///< β: β · mean of (h_t − h_{t+1})²; needs steps
};

/// Hands on x [B,T,F] or [B,F] as it is, and adds penalties of it to the loss while training.
/// Where it stands decides what they see: after a dropout what was kept (AR as in the paper), right
/// after a recurrent layer of `outputs: all` its raw output (TAR). Padded steps are left out.
class ActivityPenalty : public Module {
 public:
  /// Throws Error "layer.penalty" for a negative factor.
  explicit ActivityPenalty(const ActivityPenaltyOptions& options);

  Variable forward(const Variable& x, const Padding& padding = {}) override;
  Variable take_penalty() override;

 private:
  ActivityPenaltyOptions options_;
  Variable penalty_;  // of the last forward pass, until it is taken
};

}  // namespace sluice

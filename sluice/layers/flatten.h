// All axes but the batch become one.
#pragma once

#include "sluice/layers/module.h"

namespace sluice {

/// [B,T,F] -> [B,T·F], time before features (Keras' order). `steps` is T, which the size of the
/// result depends on.
class Flatten : public Module {
 public:
  explicit Flatten(int steps = 1);
  Variable forward(const Variable& x, const Padding& padding = {}) override;
  int output_size(int input_size) const override { return steps_ * input_size; }

 private:
  int steps_;
};

}  // namespace sluice

// Keeps gradients from growing too large.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sluice/layers/module.h"

namespace sluice {

/// Length of all gradients together.
double gradient_norm(std::span<const Variable> parameters);
/// Scales all gradients by min(1, longest / (norm + 1e-6)), as PyTorch; returns the norm before.
double clip_norm(std::span<const Variable> parameters, double longest);
/// Cuts every gradient element to [-largest, largest].
void clip_value(std::span<const Variable> parameters, double largest);

/// Clips the gradient of every tensor of a model's state by its own length, as Keras 3's
/// `clipnorm`: g · longest / max(norm, longest).
class ParameterClip {
 public:
  /// Layers keep several matrices and biases in one parameter, in an order of their own. Which
  /// element belongs to which tensor is found by loading a state that says so; the model is left as
  /// it was.
  explicit ParameterClip(Module& model);

  void operator()(double longest);

 private:
  std::vector<Variable> parameters_;
  std::vector<std::vector<uint32_t>>
      owners_;                             // of each element: 1 + index of a tensor; 0: nobody's
  std::vector<double> squares_, factors_;  // of each tensor
};

}  // namespace sluice

// Keeps gradients from growing too large.
#pragma once

#include <span>

#include "sluice/autograd/variable.h"

namespace sluice {

/// Length of all gradients together.
double gradient_norm(std::span<const Variable> parameters);
/// Scales all gradients by min(1, longest / (norm + 1e-6)), as PyTorch; returns the norm before.
double clip_norm(std::span<const Variable> parameters, double longest);
/// Cuts every gradient element to [-largest, largest].
void clip_value(std::span<const Variable> parameters, double largest);

}  // namespace sluice

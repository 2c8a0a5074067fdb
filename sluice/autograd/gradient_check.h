// Compares the tape's gradients with central differences.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "sluice/autograd/variable.h"

namespace sluice {

/// The element whose two gradients differ most.
struct GradientCheck {
  double deviation = 0;  ///< |analytic − numeric| / max(1, |analytic|, |numeric|)
  double analytic = 0, numeric = 0;
  std::string where;  ///< "leaf 2, element 17 of [4,3]"
};

/// Checks the gradients of `function` with respect to every element of `leaves`, which must be
/// double and require gradients; results of more than one number are weighted and summed. The
/// function must give the same result each time it is called. Throws Error "autograd.check".
GradientCheck check_gradients(const std::function<Variable()>& function,
                              std::span<const Variable> leaves);

}  // namespace sluice

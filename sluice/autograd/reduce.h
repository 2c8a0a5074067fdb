// Sums and means of variables.
#pragma once

#include "sluice/autograd/variable.h"

namespace sluice {

/// Of all elements, a tensor of shape [1].
Variable sum(const Variable& x);
Variable mean(const Variable& x);
/// Along one axis, which disappears.
Variable sum(const Variable& x, int axis);
Variable mean(const Variable& x, int axis);

}  // namespace sluice

// Functions of one variable, element by element.
#pragma once

#include "sluice/autograd/variable.h"

namespace sluice {

Variable relu(const Variable& x);
/// x where positive, slope · x elsewhere.
Variable leaky_relu(const Variable& x, double slope = 0.01);
/// x where positive, alpha · (eˣ − 1) elsewhere.
Variable elu(const Variable& x, double alpha = 1.0);
Variable tanh(const Variable& x);
Variable sigmoid(const Variable& x);
/// log(1 + eˣ), without overflow.
Variable softplus(const Variable& x);
Variable exp(const Variable& x);
Variable log(const Variable& x);
Variable sqrt(const Variable& x);
Variable square(const Variable& x);
/// |x|; its slope at 0 is 0.
Variable abs(const Variable& x);

}  // namespace sluice

// Sums, differences, products and quotients of variables.
#pragma once

#include "sluice/autograd/variable.h"

namespace sluice {

// Shapes are the same, or one operand is a single number, or its shape is the trailing part of the
// other's (a bias [H] on [B,T,H]). Throws Error "autograd.broadcast" otherwise.
Variable operator+(const Variable& a, const Variable& b);
Variable operator-(const Variable& a, const Variable& b);
Variable operator*(const Variable& a, const Variable& b);
Variable operator/(const Variable& a, const Variable& b);
Variable operator-(const Variable& a);

Variable operator+(const Variable& a, double b);
Variable operator-(const Variable& a, double b);
Variable operator*(const Variable& a, double b);
Variable operator/(const Variable& a, double b);
Variable operator+(double a, const Variable& b);
Variable operator-(double a, const Variable& b);
Variable operator*(double a, const Variable& b);
Variable operator/(double a, const Variable& b);

}  // namespace sluice

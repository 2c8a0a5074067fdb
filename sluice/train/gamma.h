// The logarithm of the gamma function and its slope, for positive numbers.
#pragma once

namespace sluice {

/// ln Γ(x) for x > 0. The C library's writes to a variable that threads would share.
double log_gamma(double x);
/// ψ(x), the slope of log_gamma.
double digamma(double x);

}  // namespace sluice

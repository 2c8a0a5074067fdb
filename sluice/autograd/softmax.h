// Softmax along the last axis.
#pragma once

#include "sluice/autograd/variable.h"

namespace sluice {

/// eˣ / Σ eˣ along the last axis, x [..,N]. Where `allowed` is given, a tensor of x's shape or of
/// its trailing part, the numbers under a 0 have no part in it: they may be NaN, and come out as 0
/// (as does a whole row of them). Throws Error "autograd.softmax" where the shapes do not fit.
Variable softmax(const Variable& x, const Tensor& allowed = {});
/// log softmax, without overflow.
Variable log_softmax(const Variable& x);

}  // namespace sluice

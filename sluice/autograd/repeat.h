// The same numbers again along a new axis.
#pragma once

#include "sluice/autograd/variable.h"

namespace sluice {

/// A new axis of `count` copies before axis `axis`: repeat([B,F], 1, T) is [B,T,F]. The gradient is
/// the sum over the copies, in order.
Variable repeat(const Variable& x, int axis, int64_t count);

}  // namespace sluice

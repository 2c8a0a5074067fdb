// Rows picked by number.
#pragma once

#include <cstdint>

#include "sluice/autograd/variable.h"
#include "sluice/tensor/pool_array.h"

namespace sluice {

/// Row i of the result is row from[i] of x, or zeros where from[i] is −1. A row is what lies along
/// the last axis; `shape` is that of the result and ends like x's. No row may be picked twice.
/// Throws Error "autograd.gather" if the counts do not fit.
Variable gather_rows(const Variable& x, PoolArray<int64_t> from, const Shape& shape);

}  // namespace sluice

// Changes of shape: the same numbers in another arrangement.
#pragma once

#include <span>

#include "sluice/autograd/variable.h"

namespace sluice {

/// The same elements in order under another shape of the same count; shares the memory.
Variable reshape(const Variable& x, const Shape& shape);
/// Exchanges two axes (negative ones count from the end); copies.
Variable transpose(const Variable& x, int axis, int other_axis);
/// Elements [begin, end) along an axis; negative positions count from the end.
Variable slice(const Variable& x, int axis, int64_t begin, int64_t end);
/// One position along an axis, which disappears: select(x, 1, -1) is the last step of [B,T,F].
Variable select(const Variable& x, int axis, int64_t index);
/// Joins variables of the same shape but for one axis.
Variable concat(std::span<const Variable> parts, int axis);
Variable concat(std::initializer_list<Variable> parts, int axis);

}  // namespace sluice

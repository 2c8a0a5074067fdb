// Arithmetic on whole tensors, in place.
#pragma once

#include "sluice/tensor/tensor.h"

namespace sluice {

/// a += b; same shape and type.
void add_in_place(Tensor& a, const Tensor& b);
/// a *= factor
void scale_in_place(Tensor& a, double factor);

}  // namespace sluice

// Sums in a fixed order, accumulated in double: the same bits for any number of threads.
#pragma once

#include "sluice/tensor/tensor.h"

namespace sluice {

/// Sum of all elements.
double sum_all(const Tensor& x);
/// Sum of the squares of all elements.
double sum_squares(const Tensor& x);
/// sums[j] += sum over rows of x[row, j]; x is read as [numel / sums.numel(), sums.numel()].
void add_row_sums(Tensor& sums, const Tensor& x);

}  // namespace sluice

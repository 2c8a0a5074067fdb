// Rows of a table picked by number, any of them any number of times.
#pragma once

#include "sluice/autograd/variable.h"

namespace sluice {

/// Row indices[i] of weight [V,E] for each of the indices: [..] -> [..,E]. Indices are whole
/// numbers from 0 to V − 1, as float or double. The row `padding_idx` (−1: none) gets no gradient;
/// the others get theirs in the order of the indices. Throws Error "autograd.embedding" for a
/// number that is not a row.
Variable embedding(const Tensor& indices, const Variable& weight, int64_t padding_idx = -1);

}  // namespace sluice

// Rows become columns.
#pragma once

#include <cstdint>

namespace sluice {

/// to[c][r] = from[r][c] for `rows` by `columns` numbers; rows of either lie `stride` apart.
void transpose_block(const float* from, int64_t from_stride, int64_t rows, int64_t columns,
                     float* to, int64_t to_stride);
void transpose_block(const double* from, int64_t from_stride, int64_t rows, int64_t columns,
                     double* to, int64_t to_stride);

}  // namespace sluice

// Rows of numbers times masks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice {

/// to[r][i] = x[r][i] · mask[r][i], or plus that if `add`; rows lie the strides apart (0: one mask
/// for all of them). x and to may be the same.
template <class T>
struct MaskedRows {
  const T* x;
  ptrdiff_t x_stride;
  const T* mask;
  ptrdiff_t mask_stride;
  T* to;
  ptrdiff_t to_stride;
  int rows;
  int64_t columns;
  bool add = false;
};

void multiply_rows(const MaskedRows<float>& rows);
void multiply_rows(const MaskedRows<double>& rows);

}  // namespace sluice

// Masks of dropout, drawn on SIMD lanes from the counter-based generator (sluice/base/philox.h):
// the same numbers on every instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sluice/base/philox.h"

namespace sluice {

/// Numbers [first, first + count) of some rows. Each hangs on bits of its own, which blocks of 128
/// give one after the other: block b of a row is philox(counter + {b, 0, 0, 0}, key + {0, the row's
/// number}), its words in order, each from the low end.
struct MaskDraw {
  double rate;
  PhiloxKey key;
  PhiloxCounter counter;
  int64_t first, count;
  int rows = 1;
  uint32_t first_row = 0;            ///< the rows' numbers: from here on ...
  const int* row_numbers = nullptr;  ///< ... or these
};

/// out[r · stride + i]: number first + i of row r, 0 with probability `rate`, else `kept`. On 16
/// bits: what is drawn at every step must be cheap, so a rate counts in parts of 65536.
template <class T>
void draw_masks(const MaskDraw& draw, T kept, T* out, ptrdiff_t stride);

/// A single row: out[i] = in[i] / (1 - rate), or 0 with probability `rate`. On 32 bits.
template <class T>
void drop(const MaskDraw& draw, const T* in, T* out);

}  // namespace sluice

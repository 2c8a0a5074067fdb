// The matrix of a projection [P,H] as the products read it: h = W m, m what the cell gave (Sak et
// al. 2014; PyTorch's proj_size).
#pragma once

#include "sluice/engine/cell_layout.h"

namespace sluice {

/// Neutral [P,H] → packed [output block][H][vectors][lanes], or back.
template <class T>
void pack_projection(const CellLayout& layout, const T* neutral, T* packed);
template <class T>
void unpack_projection(const CellLayout& layout, const T* packed, T* neutral);
/// Packed → [unit block][P][vectors][lanes], which gradients of h are multiplied with.
template <class T>
void transpose_projection(const CellLayout& layout, const T* packed, T* transposed);

}  // namespace sluice

// Between the neutral matrices of files and PyTorch, the packed weights, and their transpose.
#pragma once

#include "sluice/layers/cell_layout.h"

namespace sluice {

/// Neutral [blocks · H, depth] of layout.matrix(part) → packed, or back; other parts' rows are
/// left.
template <class T>
void pack_weights(const CellLayout& layout, Part part, const T* neutral, T* packed);
template <class T>
void unpack_weights(const CellLayout& layout, Part part, const T* packed, T* neutral);

/// Neutral [layout.bias_rows(input_side) · H] → packed bias, or back.
template <class T>
void pack_bias(const CellLayout& layout, bool input_side, const T* neutral, T* packed);
template <class T>
void unpack_bias(const CellLayout& layout, bool input_side, const T* packed, T* neutral);

/// Neutral [H] of one per-unit parameter → its places among all packed ones, or back.
template <class T>
void pack_unit(const CellLayout& layout, int parameter, const T* neutral, T* packed);
template <class T>
void unpack_unit(const CellLayout& layout, int parameter, const T* packed, T* neutral);

/// Packed → transposed, for output blocks [first_block, last_block).
template <class T>
void transpose_weights(const CellLayout& layout, Part part, const T* packed, T* transposed,
                       int first_block, int last_block);

}  // namespace sluice

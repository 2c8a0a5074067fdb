// Between the neutral matrices of files and PyTorch, the packed weights, and their transpose.
#pragma once

#include "sluice/layers/cell_layout.h"

namespace sluice {

/// Neutral [file_rows · H, depth] → packed, or back. Gates are the blocks of H rows in file order.
/// A gate that reads the message takes its rows of the recurrent matrix, so `Part::message` reads
/// and writes the same neutral matrix as `Part::hidden`.
template <class T>
void pack_weights(const CellLayout& layout, Part part, const T* neutral, T* packed);
template <class T>
void unpack_weights(const CellLayout& layout, Part part, const T* packed, T* neutral);

/// Neutral [file_rows · H] → packed bias. `input_side`: the bias of the gates that read the input,
/// otherwise that of the gates that read the hidden state or the message.
template <class T>
void pack_bias(const CellLayout& layout, bool input_side, const T* neutral, T* packed);
template <class T>
void unpack_bias(const CellLayout& layout, bool input_side, const T* packed, T* neutral);

/// Whether a gate has a bias on that side.
bool has_bias(const CellLayout& layout, int gate, bool input_side);

/// Packed → transposed, for output blocks [first_block, last_block).
template <class T>
void transpose_weights(const CellLayout& layout, Part part, const T* packed, T* transposed,
                       int first_block, int last_block);

}  // namespace sluice

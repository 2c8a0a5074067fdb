// Between the neutral matrices of files and PyTorch, the packed weights, and their transpose.
#pragma once

#include "sluice/engine/cell_layout.h"

namespace sluice {

/// Calls f(row, column, stride) for every row of a part in its neutral matrix: the row's packed
/// weights start at `column` and stand `stride` apart.
template <class F>
void for_each_packed_row(const CellLayout& layout, Part part, F&& f) {
  const Columns& columns = layout.part(part);
  const NeutralMatrix& matrix = layout.matrix(part);
  const int64_t depth = layout.depth(part);
  for (int unit = 0; unit < layout.hidden_size; ++unit) {
    const int group = unit / layout.lanes, lane = unit % layout.lanes;
    int64_t panel = int64_t{group} * columns.count * layout.lanes * depth;
    int gate = columns.first;
    for (int vectors : columns.panels) {
      const int stride = vectors * layout.lanes;
      for (int v = 0; v < vectors; ++v, ++gate) {
        const int block = matrix.block_of(layout.cell->info.gates[gate].row);
        const int row = block * layout.hidden_size + unit;
        f(row, panel + v * layout.lanes + lane, stride);
      }
      panel += stride * depth;
    }
  }
}

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

/// Neutral [count · H] gains or shifts of one norm → their places among all packed ones, or back.
template <class T>
void pack_norm(const CellLayout& layout, int norm, bool shift, const T* neutral, T* packed);
template <class T>
void unpack_norm(const CellLayout& layout, int norm, bool shift, const T* packed, T* neutral);

/// Zeros the packed recurrent weights (or their gradients) that heads and clocks rule out.
template <class T>
void clear_unconnected(const CellLayout& layout, T* packed);

/// Packed → transposed, for output blocks [first_block, last_block). `by_gate`: [block][column]
/// [group] instead of [block][group][column], for products of one gate after another.
template <class T>
void transpose_weights(const CellLayout& layout, Part part, const T* packed, T* transposed,
                       int first_block, int last_block, bool by_gate);

}  // namespace sluice

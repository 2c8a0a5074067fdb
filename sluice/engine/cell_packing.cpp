#include "sluice/engine/cell_packing.h"

#include <algorithm>

#include "sluice/tensor/transpose.h"

namespace sluice {

namespace {

/// The same for each recurrent weight that the structure leaves: its places in the neutral matrix,
/// whose columns are one head's units, and in the packed one.
template <class F>
void for_each_connection(const CellLayout& layout, F&& f) {
  const int each = layout.hidden_size / layout.structure.heads;
  for_each_packed_row(layout, Part::hidden, [&](int row, int64_t column, int stride) {
    const int unit = row % layout.hidden_size;
    for (int k = 0; k < layout.hidden_size; ++k)
      if (layout.connected(unit, k))
        f(int64_t{row} * each + k % each, column + int64_t{k} * stride);
  });
}

}  // namespace

namespace {

/// Zeros in vectors of the units that do not read unit k, nor are units at all.
template <class T>
void clear_row(const CellLayout& layout, int group, int k, int vectors, T* row) {
  for (int lane = 0; lane < layout.lanes; ++lane) {
    const int unit = group * layout.lanes + lane;
    if (unit < layout.hidden_size && layout.connected(unit, k)) continue;
    for (int v = 0; v < vectors; ++v) row[v * layout.lanes + lane] = T{0};
  }
}

}  // namespace

template <class T>
void clear_unconnected(const CellLayout& layout, T* packed) {
  if (layout.dense()) return;
  for (int group = 0; group < layout.groups; ++group) {
    const auto read = layout.reads_units(group);
    for (int vectors : layout.part(Part::hidden).panels) {
      const ptrdiff_t row = ptrdiff_t{vectors} * layout.lanes;
      std::fill_n(packed, read.first * row, T{0});
      for (int k = read.first; k < read.last; ++k)
        clear_row(layout, group, k, vectors, packed + k * row);
      packed += read.last * row;
      packed = std::fill_n(packed, (layout.hidden_size - read.last) * row, T{0});
    }
  }
}

template <class T>
void pack_weights(const CellLayout& layout, Part part, const T* neutral, T* packed) {
  const int64_t depth = layout.depth(part);
  std::fill_n(packed, layout.packed_size(part), T{0});
  if (part == Part::hidden && !layout.dense()) {
    for_each_connection(layout, [&](int64_t from, int64_t to) { packed[to] = neutral[from]; });
    return;
  }
  for_each_packed_row(layout, part, [&](int row, int64_t column, int stride) {
    for (int64_t k = 0; k < depth; ++k) packed[column + k * stride] = neutral[row * depth + k];
  });
}

template <class T>
void unpack_weights(const CellLayout& layout, Part part, const T* packed, T* neutral) {
  const int64_t depth = layout.depth(part);
  if (part == Part::hidden && !layout.dense()) {
    for_each_connection(layout, [&](int64_t to, int64_t from) { neutral[to] = packed[from]; });
    return;
  }
  for_each_packed_row(layout, part, [&](int row, int64_t column, int stride) {
    for (int64_t k = 0; k < depth; ++k) neutral[row * depth + k] = packed[column + k * stride];
  });
}

namespace {

template <class F>
void for_each_bias(const CellLayout& layout, bool input_side, F&& f) {
  const std::vector<int> rows = layout.bias_rows(input_side);
  for (int gate = 0; gate < layout.gates; ++gate) {
    if (!layout.has_bias(gate, input_side)) continue;
    const int row = layout.cell->info.gates[gate].row;
    const auto block = std::find(rows.begin(), rows.end(), row) - rows.begin();
    for (int unit = 0; unit < layout.hidden_size; ++unit) {
      const int group = unit / layout.lanes, lane = unit % layout.lanes;
      f(block * layout.hidden_size + unit,
        (int64_t{group} * layout.gates + gate) * layout.lanes + lane);
    }
  }
}

/// Calls f(unit, place among the packed per-unit parameters).
template <class F>
void for_each_place(const CellLayout& layout, int parameter, F&& f) {
  for (int unit = 0; unit < layout.hidden_size; ++unit)
    f(unit, (int64_t{unit / layout.lanes} * layout.units + parameter) * layout.lanes +
                unit % layout.lanes);
}

/// Calls f(number in the neutral vector, place among the packed ones).
template <class F>
void for_each_normed(const CellLayout& layout, int norm, bool shift, F&& f) {
  for (int v = 0; v < layout.cell->info.norms[norm].count; ++v)
    for (int unit = 0; unit < layout.hidden_size; ++unit) {
      const int64_t vector =
          int64_t{unit / layout.lanes} * layout.normed + layout.first_normed[norm] + v;
      f(int64_t{v} * layout.hidden_size + unit,
        (vector * 2 + (shift ? 1 : 0)) * layout.lanes + unit % layout.lanes);
    }
}

}  // namespace

template <class T>
void pack_norm(const CellLayout& layout, int norm, bool shift, const T* neutral, T* packed) {
  for_each_normed(layout, norm, shift, [&](int64_t i, int64_t at) { packed[at] = neutral[i]; });
}

template <class T>
void unpack_norm(const CellLayout& layout, int norm, bool shift, const T* packed, T* neutral) {
  for_each_normed(layout, norm, shift, [&](int64_t i, int64_t at) { neutral[i] = packed[at]; });
}

template <class T>
void pack_bias(const CellLayout& layout, bool input_side, const T* neutral, T* packed) {
  std::fill_n(packed, layout.bias_size(), T{0});
  for_each_bias(layout, input_side, [&](int64_t row, int64_t at) { packed[at] = neutral[row]; });
}

template <class T>
void unpack_bias(const CellLayout& layout, bool input_side, const T* packed, T* neutral) {
  for_each_bias(layout, input_side, [&](int64_t row, int64_t at) { neutral[row] = packed[at]; });
}

template <class T>
void pack_unit(const CellLayout& layout, int parameter, const T* neutral, T* packed) {
  for_each_place(layout, parameter, [&](int unit, int64_t at) { packed[at] = neutral[unit]; });
}

template <class T>
void unpack_unit(const CellLayout& layout, int parameter, const T* packed, T* neutral) {
  for_each_place(layout, parameter, [&](int unit, int64_t at) { neutral[unit] = packed[at]; });
}

template <class T>
void transpose_weights(const CellLayout& layout, Part part, const T* packed, T* transposed,
                       int first_block, int last_block, bool by_gate) {
  const Columns& columns = layout.part(part);
  const int lanes = layout.lanes, depth = layout.depth(part);
  const int64_t inner = int64_t{layout.padded} * columns.count;  // k of the transposed product
  const auto& blocks = layout.blocks(part);
  int output = 0;  // first output of the block
  for (int b = 0; b < last_block; output += blocks[b] * lanes, ++b) {
    if (b < first_block) continue;
    const int width = blocks[b] * lanes, real = std::min(width, depth - output);
    T* to = transposed + int64_t{output} * inner;
    if (real < width) std::fill_n(to, inner * width, T{0});
    const T* panel = packed;
    for (int group = 0; group < layout.groups; ++group) {
      // Lanes past the last unit are read by nobody.
      const bool partial = layout.tail > 0 && group + 1 == layout.groups;
      const int units = partial ? std::min((layout.tail + 3) / 4 * 4, lanes) : lanes;
      int column = 0;
      for (int vectors : columns.panels) {
        for (int v = 0; v < vectors; ++v, ++column) {
          const int place =
              by_gate ? column * layout.groups + group : group * columns.count + column;
          T* row = to + int64_t{place} * lanes * width;
          const T* from = panel + (int64_t{output} * vectors + v) * lanes;
          transpose_block(from, int64_t{vectors} * lanes, real, units, row, width);
        }
        panel += int64_t{vectors} * lanes * depth;
      }
    }
  }
}

#define SLUICE_INSTANTIATE(T)                                            \
  template void pack_weights(const CellLayout&, Part, const T*, T*);     \
  template void unpack_weights(const CellLayout&, Part, const T*, T*);   \
  template void pack_bias(const CellLayout&, bool, const T*, T*);        \
  template void unpack_bias(const CellLayout&, bool, const T*, T*);      \
  template void clear_unconnected(const CellLayout&, T*);                \
  template void pack_norm(const CellLayout&, int, bool, const T*, T*);   \
  template void unpack_norm(const CellLayout&, int, bool, const T*, T*); \
  template void pack_unit(const CellLayout&, int, const T*, T*);         \
  template void unpack_unit(const CellLayout&, int, const T*, T*);       \
  template void transpose_weights(const CellLayout&, Part, const T*, T*, int, int, bool);
SLUICE_INSTANTIATE(float)
SLUICE_INSTANTIATE(double)
#undef SLUICE_INSTANTIATE

}  // namespace sluice

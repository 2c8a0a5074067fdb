#include "sluice/engine/projection.h"

#include <algorithm>

#include "sluice/tensor/pool_array.h"

namespace sluice {

namespace {

/// Calls f(output, k, place) for all outputs and k of panels over `blocks`.
template <class F>
void for_each_place(const std::vector<int>& blocks, int lanes, int outputs, int depth, F&& f) {
  int64_t at = 0;
  int first = 0;
  for (int vectors : blocks) {
    const int width = vectors * lanes;
    for (int k = 0; k < depth; ++k, at += width)
      for (int i = 0; i < std::min(width, outputs - first); ++i) f(first + i, k, at + i);
    first += width;
  }
}

template <class F>
void for_each_weight(const CellLayout& layout, F&& f) {
  for_each_place(layout.hidden_blocks, layout.lanes, layout.out, layout.hidden_size, f);
}

}  // namespace

template <class T>
void pack_projection(const CellLayout& layout, const T* neutral, T* packed) {
  std::fill_n(packed, layout.projection_size(), T{0});
  for_each_weight(layout, [&](int p, int u, int64_t at) {
    packed[at] = neutral[int64_t{p} * layout.hidden_size + u];
  });
}

template <class T>
void unpack_projection(const CellLayout& layout, const T* packed, T* neutral) {
  for_each_weight(layout, [&](int p, int u, int64_t at) {
    neutral[int64_t{p} * layout.hidden_size + u] = packed[at];
  });
}

template <class T>
void transpose_projection(const CellLayout& layout, const T* packed, T* transposed) {
  // Of each output, where its weights begin and how far they stand apart.
  PoolArray<int64_t> first(layout.out_padded);
  PoolArray<int> apart(layout.out_padded);
  int64_t output = 0;
  for (int vectors : layout.hidden_blocks) {
    const int width = vectors * layout.lanes;
    for (int i = 0; i < width; ++i, ++output) {
      first[output] = (output - i) * layout.hidden_size + i;
      apart[output] = width;
    }
  }
  std::fill_n(transposed, int64_t{layout.padded} * layout.out, T{0});
  for_each_place(
      layout.unit_blocks, layout.lanes, layout.hidden_size, layout.out,
      [&](int u, int p, int64_t at) { transposed[at] = packed[first[p] + int64_t{u} * apart[p]]; });
}

#define SLUICE_INSTANTIATE(T)                                       \
  template void pack_projection(const CellLayout&, const T*, T*);   \
  template void unpack_projection(const CellLayout&, const T*, T*); \
  template void transpose_projection(const CellLayout&, const T*, T*);
SLUICE_INSTANTIATE(float)
SLUICE_INSTANTIATE(double)
#undef SLUICE_INSTANTIATE

}  // namespace sluice

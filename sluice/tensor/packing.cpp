#include "sluice/tensor/packing.h"

#include <algorithm>

#include "sluice/tensor/pool_array.h"
#include "sluice/tensor/transpose.h"

namespace sluice {

template <class T>
int64_t PanelCut<T>::width(int64_t panel) const {
  const int64_t lanes = kernels_.lanes;
  return (std::min(columns_ - panel * widest(), widest()) + lanes - 1) / lanes * lanes;
}

template <class T>
void PanelCut<T>::pack(int64_t panel, const Matrix<T>& b, int64_t begin, int64_t k, T* to) const {
  const int64_t first = panel * widest(), width = this->width(panel);
  const int64_t real = std::min(width, columns_ - first);
  if (b.trans == Trans::yes)
    transpose_block(b.data + first * b.stride + begin, b.stride, real, k, to, width);
  else
    for (int64_t i = 0; i < k; ++i)
      std::copy_n(b.data + (begin + i) * b.stride + first, real, to + i * width);
  for (int64_t i = 0; real < width && i < k; ++i)
    std::fill(to + i * width + real, to + (i + 1) * width, T{0});
}

// By way of a room of its own where the panel passes the end of C's rows.
template <class T>
void PanelCut<T>::multiply(int64_t panel, const Segment<T>* segments, int count, int rows,
                           const ProductRows<T>& to) const {
  const int64_t first = panel * widest(), width = this->width(panel);
  const int64_t real = std::min(width, columns_ - first);
  T* const c = to.c + first;
  alignas(64) static constexpr T zeros[16] = {};
  alignas(64) T start[64];  // the kernels read whole vectors where memory is aligned
  if (to.start) std::fill(std::copy_n(to.start + first, real, start), start + width, T{0});
  const bool whole = real == width;
  auto room_array = PoolArray<T>::uninitialized(whole ? 0 : rows * width);
  T* const room = room_array.data();
  PanelTask<T> task{segments, count, whole ? c : room, whole ? to.stride : width, {}, {}};
  const int vectors = static_cast<int>(width) / kernels_.lanes;
  for (int v = 0; v < vectors; ++v) {
    task.offset[v] = v * kernels_.lanes;
    task.start[v] = to.accumulate ? nullptr : to.start ? start + v * kernels_.lanes : zeros;
  }
  for (int r = 0; !whole && to.accumulate && r < rows; ++r)
    std::copy_n(c + r * to.stride, real, room + r * width);
  kernels_.product[vectors](task, rows);
  for (int r = 0; !whole && r < rows; ++r) std::copy_n(room + r * width, real, c + r * to.stride);
}

template class PanelCut<float>;
template class PanelCut<double>;

}  // namespace sluice

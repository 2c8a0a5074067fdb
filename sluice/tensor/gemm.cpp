// The general product on the panel kernels: op(B) is packed into panels, op(A) read by rows.
#include "sluice/tensor/gemm.h"

#include <algorithm>

#include "sluice/base/parallel.h"
#include "sluice/tensor/panel.h"
#include "sluice/tensor/pool_array.h"

namespace sluice {

namespace {

template <class T>
struct Matrix {
  const T* data;
  int64_t stride;
  Trans trans;
  T operator()(int64_t row, int64_t column) const {
    return trans == Trans::no ? data[row * stride + column] : data[column * stride + row];
  }
};

/// Columns [first, first + width) of op(B) as [k][width], zeros past column n.
template <class T>
void pack_columns(const Matrix<T>& b, int64_t k, int64_t n, int64_t first, int width, T* panel) {
  const int64_t real = std::min<int64_t>(width, n - first);
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t j = 0; j < real; ++j) panel[i * width + j] = b(i, first + j);
    std::fill(panel + i * width + real, panel + (i + 1) * width, T{0});
  }
}

/// Some rows of C by one panel; by way of `room` where the panel passes the end of C's rows.
template <class T>
void multiply(const PanelKernels<T>& kernels, const Segment<T>& rows_of_a, int rows, int vectors,
              T* c, int64_t c_stride, int64_t real, bool accumulate, T* room) {
  const int width = vectors * kernels.lanes;
  alignas(64) static constexpr T zeros[16] = {};
  const bool whole = real >= width;
  PanelTask<T> task{&rows_of_a, 1, whole ? c : room, whole ? c_stride : width, {}, {}};
  for (int v = 0; v < vectors; ++v) {
    task.offset[v] = v * kernels.lanes;
    task.start[v] = accumulate ? nullptr : zeros;
  }
  for (int r = 0; !whole && accumulate && r < rows; ++r)
    std::copy_n(c + r * c_stride, real, room + r * width);
  kernels.product[vectors](task, rows);
  for (int r = 0; !whole && r < rows; ++r) std::copy_n(room + r * width, real, c + r * c_stride);
}

}  // namespace

template <class T>
void gemm(Trans trans_a, Trans trans_b, int64_t m, int64_t n, int64_t k, const T* a,
          int64_t a_stride, const T* b, int64_t b_stride, T* c, int64_t c_stride, bool accumulate) {
  const PanelKernels<T>& kernels = panel_kernels<T>();
  const int lanes = kernels.lanes, widest = kernels.widest * lanes;
  const int64_t panels = (n + widest - 1) / widest;
  if (m == 0 || n == 0) return;
  PoolArray<T> rows_of_a(trans_a == Trans::yes ? m * k : 0);
  const Matrix<T> op_a{a, a_stride, trans_a}, op_b{b, b_stride, trans_b};
  for (int64_t i = 0; trans_a == Trans::yes && i < m; ++i)
    for (int64_t j = 0; j < k; ++j) rows_of_a[i * k + j] = op_a(i, j);
  const Segment<T> all = trans_a == Trans::yes ? Segment<T>{rows_of_a.data(), k, nullptr, k}
                                               : Segment<T>{a, a_stride, nullptr, k};
  constexpr int64_t most_rows = 128;
  const int64_t slices = (m + most_rows - 1) / most_rows;
  const auto one_panel = [&](int64_t p) {
    const int64_t first = p * widest;
    const int vectors =
        static_cast<int>((std::min<int64_t>(n - first, widest) + lanes - 1) / lanes);
    const int width = vectors * lanes;
    PoolArray<T> panel(k * width), room(std::min(m, most_rows) * width);
    pack_columns(op_b, k, n, first, width, panel.data());
    for (int64_t i = 0; i < slices; ++i) {
      const int64_t row = i * most_rows;
      const int rows = static_cast<int>(std::min(most_rows, m - row));
      const Segment<T> part{all.a + row * all.row_stride, all.row_stride, panel.data(), k};
      multiply(kernels, part, rows, vectors, c + row * c_stride + first, c_stride, n - first,
               accumulate, room.data());
    }
  };
  constexpr int64_t worth_threads = 1 << 20;
  if (m * n * k < worth_threads)
    for (int64_t p = 0; p < panels; ++p) one_panel(p);
  else
    parallel_for(panels, one_panel);
}

template void gemm(Trans, Trans, int64_t, int64_t, int64_t, const float*, int64_t, const float*,
                   int64_t, float*, int64_t, bool);
template void gemm(Trans, Trans, int64_t, int64_t, int64_t, const double*, int64_t, const double*,
                   int64_t, double*, int64_t, bool);

}  // namespace sluice

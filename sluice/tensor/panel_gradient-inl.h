// What only the backward pass needs of a panel: outer products, dot products of rows, column sums.
#if defined(SLUICE_PANEL_GRADIENT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_PANEL_GRADIENT_INL
#undef SLUICE_PANEL_GRADIENT_INL
#else
#define SLUICE_PANEL_GRADIENT_INL
#endif

#include "sluice/tensor/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {

/// MK rows k of the weight gradient, over all steps: accumulators start from zero, the result is
/// added once at the end.
template <class D, int MK, int NV, class T = hn::TFromD<D>>
HWY_INLINE void OuterTile(D d, const OuterTask<T>& task, int64_t k) {
  using V = hn::Vec<D>;
  V sum[MK][NV];
  HWY_UNROLL(16)
  for (int i = 0; i < MK; ++i) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) sum[i][v] = hn::Zero(d);
  }
  for (int s = 0; s < task.step_count; ++s) {
    const OuterStep<T>& step = task.steps[s];
    const T* HWY_RESTRICT a = step.a + k;
    const T* HWY_RESTRICT g = step.g;
    HWY_UNROLL(1)
    for (int r = 0; r < step.rows; ++r, a += step.a_stride, g += task.g_stride) {
      V w[NV];
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) {
        w[v] = hn::LoadU(d, g + task.offset[v]);
        Pin(w[v]);
      }
      HWY_UNROLL(16)
      for (int i = 0; i < MK; ++i) {
        V x = hn::Set(d, a[i]);
        Pin(x);
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) sum[i][v] = hn::MulAdd(x, w[v], sum[i][v]);
      }
    }
  }
  T* HWY_RESTRICT out = task.out + k * task.out_row;
  HWY_UNROLL(16)
  for (int i = 0; i < MK; ++i) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      T* to = out + i * task.out_row + v * task.out_vector;
      hn::StoreU(task.overwrite ? sum[i][v] : hn::Add(hn::LoadU(d, to), sum[i][v]), d, to);
    }
  }
}

template <class D, int MK, int NV, class T = hn::TFromD<D>>
HWY_INLINE void OuterTileOf(D d, const OuterTask<T>& task, int64_t k, int size) {
  if constexpr (MK > 1) {
    if (size < MK) return OuterTileOf<D, MK - 1, NV>(d, task, k, size);
  }
  OuterTile<D, MK, NV>(d, task, k);
}

/// All k of the weight gradient, for rows that stay in the first cache.
template <class D, int NV, class T = hn::TFromD<D>>
HWY_INLINE void OuterRows(const OuterTask<T>& task) {
  constexpr int most = tile_rows(NV);
  const int64_t blocks = (task.k + most - 1) / most;
  int64_t k = 0;
  for (int64_t b = 0; b < blocks; ++b) {
    const int size = static_cast<int>((task.k - k + blocks - b - 1) / (blocks - b));
    OuterTileOf<D, most, NV>(D(), task, k, size);
    k += size;
  }
}

/// Moves (step, row) forward over at most `rows` rows, writing the pieces; returns their number.
template <class T, int Most>
int TakeRows(const OuterTask<T>& task, int rows, int& step, int& row,
             OuterStep<T> (&pieces)[Most]) {
  int count = 0;
  while (step < task.step_count && rows > 0 && count < Most) {
    const OuterStep<T>& whole = task.steps[step];
    const int size = std::min(rows, whole.rows - row);
    pieces[count++] = {whole.a + row * whole.a_stride, whole.a_stride,
                       whole.g + row * task.g_stride, size};
    rows -= size;
    row += size;
    if (row == whole.rows) ++step, row = 0;
  }
  return count;
}

/// Bytes between rows that put all of them into one place of the first cache.
constexpr bool Crowded(ptrdiff_t row_bytes) { return row_bytes % 4096 == 0; }

/// The same where the rows of `a` drive each other out of the first cache: a few columns at a time
/// by way of a copy whose rows stand side by side.
template <class D, int NV, int Rows, int Pieces, class T = hn::TFromD<D>>
HWY_NOINLINE void OuterCrowded(const OuterTask<T>& task) {
  constexpr int n = static_cast<int>(hn::MaxLanes(D())), columns = 8 * tile_rows(NV);
  HWY_ALIGN T copy[Rows * columns];
  OuterStep<T> pieces[Pieces];
  OuterTask<T> part = task;
  part.steps = pieces;
  for (int64_t k = 0; k < task.k; k += columns) {
    part.k = std::min<int64_t>(columns, task.k - k);
    part.out = task.out + k * task.out_row;
    T* to = copy;
    for (int s = 0; s < task.step_count; ++s) {
      const OuterStep<T>& step = task.steps[s];
      pieces[s] = {to, columns, step.g, step.rows};
      for (int r = 0; r < step.rows; ++r, to += columns) {
        const T* from = step.a + r * step.a_stride + k;
        if (part.k == columns)
          for (int i = 0; i < columns; i += n) hn::Store(hn::LoadU(D(), from + i), D(), to + i);
        else
          for (int i = 0; i < part.k; ++i) to[i] = from[i];
      }
    }
    OuterRows<D, NV>(part);
  }
}

template <class D, int NV, class T = hn::TFromD<D>>
void Outer(const OuterTask<T>& task) {
  constexpr int width = NV * static_cast<int>(hn::MaxLanes(D())), most_pieces = 32;
  constexpr int block = 20 * 1024 / (width * static_cast<int>(sizeof(T)));
  int rows = 0;
  for (int s = 0; s < task.step_count; ++s) rows += task.steps[s].rows;
  if (rows <= block + block / 4 || task.k <= tile_rows(NV)) return OuterRows<D, NV>(task);
  OuterStep<T> pieces[most_pieces];
  OuterTask<T> part = task;
  part.steps = pieces;
  const int blocks = (rows + block - 1) / block;
  const bool crowded = Crowded(task.steps->a_stride * static_cast<ptrdiff_t>(sizeof(T)));
  int step = 0, row = 0;
  while (step < task.step_count) {
    part.step_count = TakeRows(task, (rows + blocks - 1) / blocks, step, row, pieces);
    if (crowded)
      OuterCrowded<D, NV, block, most_pieces>(part);
    else
      OuterRows<D, NV>(part);
    part.overwrite = false;
  }
}

template <class D, int MR, int NC, class T = hn::TFromD<D>>
HWY_INLINE void DotTile(D d, const RowDotTask<T>& task, int row, int column) {
  using V = hn::Vec<D>;
  V sum[MR][NC];
  HWY_UNROLL(4)
  for (int r = 0; r < MR; ++r) {
    HWY_UNROLL(4)
    for (int c = 0; c < NC; ++c) sum[r][c] = hn::Zero(d);
  }
  for (int s = 0; s < task.segment_count; ++s) {
    const Segment<T>& segment = task.segments[s];
    const T* a = segment.a + task.a_offset + row * segment.row_stride;
    const T* w = segment.panel + column * segment.k;
    for (int64_t k = 0; k < segment.k; k += static_cast<int>(hn::MaxLanes(D()))) {
      V x[MR];
      HWY_UNROLL(4)
      for (int r = 0; r < MR; ++r) x[r] = hn::LoadU(d, a + r * segment.row_stride + k);
      HWY_UNROLL(4)
      for (int c = 0; c < NC; ++c) {
        const V y = hn::Load(d, w + c * segment.k + k);
        HWY_UNROLL(4)
        for (int r = 0; r < MR; ++r) sum[r][c] = hn::MulAdd(x[r], y, sum[r][c]);
      }
    }
  }
  for (int r = 0; r < MR; ++r)
    for (int c = 0; c < NC; ++c)
      task.out[(row + r) * task.out_stride + column + c] =
          hn::GetLane(hn::SumOfLanes(d, sum[r][c]));
}

template <class D, int NC, class T = hn::TFromD<D>>
void DotColumns(const RowDotTask<T>& task, int rows, int column) {
  constexpr int most = kRegisters == 32 ? 4 : 2;
  int row = 0;
  for (; row + most <= rows; row += most) DotTile<D, most, NC>(D(), task, row, column);
  for (; row < rows; ++row) DotTile<D, 1, NC>(D(), task, row, column);
}

template <class D, class T = hn::TFromD<D>>
void RowDots(const RowDotTask<T>& task, int rows) {
  int column = 0;
  for (; column + 4 <= task.columns; column += 4) DotColumns<D, 4>(task, rows, column);
  for (; column + 2 <= task.columns; column += 2) DotColumns<D, 2>(task, rows, column);
  if (column < task.columns) DotColumns<D, 1>(task, rows, column);
}

/// Column sums of `Vectors` neighbouring vectors, side by side: one alone waits for every addition.
template <class D, int Vectors, class T = hn::TFromD<D>>
HWY_INLINE void ColumnSumTile(D d, const OuterStep<T>* steps, int step_count, ptrdiff_t g_stride,
                              ptrdiff_t offset, T* sum) {
  constexpr int n = static_cast<int>(hn::MaxLanes(D()));
  hn::Vec<D> total[Vectors];
  HWY_UNROLL(4)
  for (int v = 0; v < Vectors; ++v) total[v] = hn::Zero(d);
  for (int s = 0; s < step_count; ++s) {
    const T* HWY_RESTRICT g = steps[s].g + offset;
    for (int r = 0; r < steps[s].rows; ++r, g += g_stride) {
      HWY_UNROLL(4)
      for (int v = 0; v < Vectors; ++v) total[v] = hn::Add(total[v], hn::LoadU(d, g + v * n));
    }
  }
  HWY_UNROLL(4)
  for (int v = 0; v < Vectors; ++v) {
    T* to = sum + offset + v * n;
    hn::StoreU(hn::Add(hn::LoadU(d, to), total[v]), d, to);
  }
}

template <class D, class T = hn::TFromD<D>>
void ColumnSum(const OuterStep<T>* steps, int step_count, ptrdiff_t g_stride, int vectors, T* sum) {
  constexpr int n = static_cast<int>(hn::MaxLanes(D())), side = 4;
  int v = 0;
  for (; v + side <= vectors; v += side)
    ColumnSumTile<D, side>(D(), steps, step_count, g_stride, ptrdiff_t{v} * n, sum);
  for (; v + 2 <= vectors; v += 2)
    ColumnSumTile<D, 2>(D(), steps, step_count, g_stride, ptrdiff_t{v} * n, sum);
  for (; v < vectors; ++v)
    ColumnSumTile<D, 1>(D(), steps, step_count, g_stride, ptrdiff_t{v} * n, sum);
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

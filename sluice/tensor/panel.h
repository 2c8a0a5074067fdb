// The two products every layer is made of, on packed weights, chosen for the processor at run time.
//
// A *panel* is up to four neighbouring vectors of output columns, packed [k][vectors][lanes], so
// that the inner loop reads it in order. Results go to rows in memory that is still in the first
// cache when the caller reads it. Every result is one chain of multiply-adds in the order of k,
// whatever the rows, so the bits do not depend on how rows are grouped.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice {

constexpr int max_panel_vectors = 4;

/// Part of a chain: a[row * row_stride + i] times panel row i, for i in [0, k).
template <class T>
struct Segment {
  const T* a;
  ptrdiff_t row_stride;
  const T* panel;  ///< [k][vectors][lanes]
  int64_t k;
};

/// z[row][offset[v] + lane] = start + sum over segments. Long chains are run in blocks of k that
/// keep the panel in a cache, with the partial sums stored in z and read back.
template <class T>
struct PanelTask {
  const Segment<T>* segments;
  int segment_count;
  T* z;
  ptrdiff_t z_stride;
  int offset[max_panel_vectors];      ///< where each vector goes within a row
  const T* start[max_panel_vectors];  ///< [lanes] first value of each chain; null: what z holds
  ptrdiff_t a_offset = 0;             ///< added to every segment's a
};

/// out[row][c] = sum over segments of a[row] · column c, for the `columns` first columns of panels
/// that are stored [c][k]: the transposed product where so few columns are wanted that a vector of
/// them would be mostly empty.
template <class T>
struct RowDotTask {
  const Segment<T>* segments;
  int segment_count;
  T* out;
  ptrdiff_t out_stride;
  int columns;
  ptrdiff_t a_offset;  ///< added to every segment's a
};

/// One step of an outer product: `rows` rows of a and of g.
template <class T>
struct OuterStep {
  const T* a;
  ptrdiff_t a_stride;
  const T* g;
  int rows;
};

/// out[k · out_row + v · out_vector + lane] += (or =) sum over steps and rows of a[row][k] *
/// g[row][offset[v] + lane].
template <class T>
struct OuterTask {
  const OuterStep<T>* steps;
  int step_count;
  ptrdiff_t g_stride;
  ptrdiff_t offset[max_panel_vectors];
  T* out;
  ptrdiff_t out_row, out_vector;  ///< of a panel: vectors · lanes and lanes
  int64_t k;
  bool overwrite;  ///< the sums take the place of what `out` holds
};

/// The functions for one instruction set.
template <class T>
struct PanelKernels {
  int lanes;  ///< numbers in a vector
  const char* target;
  int widest;  ///< vectors of the widest panel worth making, 3 or 4
  /// By number of vectors, 1 to `widest` (index 0 unused).
  void (*product[max_panel_vectors + 1])(const PanelTask<T>&, int rows);
  /// For few rows where only the sum matters, not the order: segments side by side, then added.
  void (*product_split[max_panel_vectors + 1])(const PanelTask<T>&, int rows);
  /// `count` tasks over the same few rows, interleaved to hide latency; same bits as one by one.
  void (*product_few[max_panel_vectors + 1])(const PanelTask<T>* tasks, int count, int rows);
  /// As many tasks of one vector each, which multiply the same rows: like a panel made of them.
  void (*product_side[max_panel_vectors + 1])(const PanelTask<T>* tasks, int rows);
  void (*outer[max_panel_vectors + 1])(const OuterTask<T>&);
  void (*row_dots)(const RowDotTask<T>&, int rows);  ///< every segment's k in whole vectors
  /// sum[v][lane] += column sums of g over the steps, for the row's first `vectors` vectors.
  void (*column_sum)(const OuterStep<T>* steps, int step_count, ptrdiff_t g_stride, int vectors,
                     T* sum);
};

/// The best kernels this processor has, capped by SLUICE_TARGET=sse4|avx2|avx512.
template <class T>
const PanelKernels<T>& panel_kernels();

/// Name of the instruction set in use: "AVX2", "AVX3", "NEON" …
const char* simd_target();

}  // namespace sluice

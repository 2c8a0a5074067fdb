// Layer normalisation within a step, for the vectors of one group of units: what a row adds to its
// mean and spread, the normalised row, and the way back.
#pragma once

#include <cstddef>

namespace sluice {

/// Row r's vector v at values + r * stride + v * lanes; lanes past the group's units are left out
/// of sums and written as zeros.
template <class T>
struct NormRows {
  T* values;
  ptrdiff_t stride;
  int rows, vectors;
  int units;
  /// What backward multiplies with: the normalised numbers, likewise.
  T* normed;
  ptrdiff_t normed_stride;
  const T* affine;  ///< [vectors][gain, shift][lanes]
  const T* start;   ///< [vectors][lanes] added to the shift: biases; null: none
  T* daffine;       ///< [vectors][gain, shift][lanes], added to
};

/// A row's mean and 1/sqrt(variance + epsilon).
template <class T>
struct RowMoments {
  T mean, scale;
};
/// A row's mean over units and vectors of gain · gradient, and of that times the normalised number.
template <class T>
struct RowSlopes {
  T gradient, product;
};

template <class T>
struct RowNormKernels {
  /// To out[2 r], out[2 r + 1]: mean of the row's numbers here, sum of squared deviations from it.
  void (*measure)(const NormRows<T>&, T* out);
  /// values become gain · normed + shift + start.
  void (*normalise)(const NormRows<T>&, const RowMoments<T>* of_row);
  /// values are gradients. To out[2 r], out[2 r + 1]: sums of gain · gradient and of that times the
  /// normalised number.
  void (*measure_back)(const NormRows<T>&, T* out);
  /// Gradients of what came out become those of what went in.
  void (*backward)(const NormRows<T>&, const RowMoments<T>* of_row, const RowSlopes<T>* slopes);
};

template <class T>
const RowNormKernels<T>& row_norm_kernels();

}  // namespace sluice

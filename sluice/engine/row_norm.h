// Layer normalisation within a step: what each row adds up to over its units, the normalised rows,
// and the way back.
#pragma once

#include <cstddef>

namespace sluice {

/// Rows of some groups of units: row r's vector v of group g at values + g * group + r * stride +
/// v * lanes. Lanes past the last group's units are left out of sums and written as zeros.
template <class T>
struct NormRows {
  T* values;
  ptrdiff_t stride, group;
  int rows, vectors, groups;
  int last_units;  ///< of the last group
  /// What backward multiplies with: the normalised numbers, likewise.
  T* normed;
  ptrdiff_t normed_stride, normed_group;
  /// From the normalised numbers to those of the step that comes next, which are fetched ahead:
  /// they have left the caches, and a row is too short for the processor to foresee the next one.
  /// 0: none.
  ptrdiff_t next_normed;
  const T* affine;  ///< [vectors][gain, shift][lanes] of the first group
  T* daffine;       ///< likewise, added to
  ptrdiff_t affine_group;
  const T* start;  ///< [vectors][lanes] added to the shift: biases; null: none
  ptrdiff_t start_group;
};

template <class T>
struct RowNormKernels {
  /// Of each row over units and vectors: mean and 1/sqrt(variance + epsilon), 1e-5 as PyTorch's and
  /// Keras 2's first value. Deviations are squared, not numbers: of those little would be left.
  void (*measure)(const NormRows<T>&, T* mean, T* scale);
  /// values become gain · normed + shift + start.
  void (*normalise)(const NormRows<T>&, const T* mean, const T* scale);
  /// values are gradients. Of each row over units and vectors the means of gain · gradient and of
  /// that times the normalised number.
  void (*measure_back)(const NormRows<T>&, T* gradient, T* product);
  /// Gradients of what came out become those of what went in.
  void (*backward)(const NormRows<T>&, const T* scale, const T* gradient, const T* product);
};

template <class T>
const RowNormKernels<T>& row_norm_kernels();

}  // namespace sluice

// The columns of a matrix as panels, and rows multiplied by one of them.
#pragma once

#include <cstdint>

#include "sluice/tensor/gemm.h"
#include "sluice/tensor/panel.h"

namespace sluice {

/// op(data) with rows `stride` apart.
template <class T>
struct Matrix {
  const T* data;
  int64_t stride;
  Trans trans;
};

/// Where rows of a product begin, the whole of their columns.
template <class T>
struct ProductRows {
  T* c;
  int64_t stride;
  bool accumulate;  ///< the sums are added to what is there
  const T* start;   ///< [columns] what each row begins as, unless they accumulate; null: zeros
};

/// `columns` of a matrix cut into panels, all but the last as wide as the processor likes them.
template <class T>
class PanelCut {
 public:
  explicit PanelCut(int64_t columns) : columns_(columns) {}

  int64_t count() const { return (columns_ + widest() - 1) / widest(); }
  int64_t widest() const { return int64_t{kernels_.widest} * kernels_.lanes; }
  /// Numbers in a row of a panel, those behind the last column too.
  int64_t width(int64_t panel) const;

  /// Rows [begin, begin + k) of op(B) in the columns of a panel, as [k][width], zeros behind the
  /// last column.
  void pack(int64_t panel, const Matrix<T>& b, int64_t begin, int64_t k, T* to) const;
  /// `rows` rows of C in the columns of a panel, by one chain over the segments.
  void multiply(int64_t panel, const Segment<T>* segments, int count, int rows,
                const ProductRows<T>& to) const;

 private:
  const int64_t columns_;
  const PanelKernels<T>& kernels_ = panel_kernels<T>();
};

}  // namespace sluice

// One row times a matrix, read where it stands: too little work for packing to pay.
#pragma once

#include <cstdint>

namespace sluice {

/// c[N] = a[K] · op(B)[K,N], plus c if `accumulate`, else plus `start` [N] where it is given. The
/// numbers of a lie `a_stride` apart, the rows of B `b_stride`.
template <class T>
struct ThinProduct {
  const T* a;
  int64_t a_stride;
  const T* b;
  int64_t b_stride;
  T* c;
  int64_t n, k;
  bool accumulate;
  const T* start;
};

/// op(B) is B, [K,N]. Each number is one chain of multiply-adds in the order of k, as in gemm().
void row_by_matrix(const ThinProduct<float>& product);
void row_by_matrix(const ThinProduct<double>& product);
/// op(B) is B transposed: B is [N,K].
void row_by_transposed(const ThinProduct<float>& product);
void row_by_transposed(const ThinProduct<double>& product);

}  // namespace sluice

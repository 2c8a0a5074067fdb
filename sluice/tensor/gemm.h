// Matrix products on row-major matrices.
#pragma once

#include <cstdint>

namespace sluice {

enum class Trans { no, yes };

/// C[M,N] = op(A)[M,K] · op(B)[K,N], plus C if `accumulate`, else plus `start` [N] in every row
/// where it is given; row-major with the given row strides. Each element is one chain of
/// multiply-adds in the order of k that starts from that, so the bits do not depend on the number
/// of threads nor on M.
template <class T>
void gemm(Trans trans_a, Trans trans_b, int64_t m, int64_t n, int64_t k, const T* a,
          int64_t a_stride, const T* b, int64_t b_stride, T* c, int64_t c_stride, bool accumulate,
          const T* start = nullptr);

}  // namespace sluice

#include "sluice/tensor/thin_product.h"

#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/tensor/thin_product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sluice/tensor/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// What a chain of the columns from `first` begins with.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> Begin(D d, const ThinProduct<T>& p, int64_t first) {
  const T* const from = p.accumulate ? p.c : p.start;
  return from ? hn::LoadU(d, from + first) : hn::Zero(d);
}

/// NV vectors of columns, their chains side by side.
template <class D, int NV, class T = hn::TFromD<D>>
HWY_INLINE void MatrixColumns(D d, const ThinProduct<T>& p, int64_t first) {
  constexpr int n = static_cast<int>(hn::MaxLanes(D()));
  hn::Vec<D> sum[NV];
  HWY_UNROLL(8)
  for (int v = 0; v < NV; ++v) sum[v] = Begin(d, p, first + v * n);
  const T* b = p.b + first;
  for (int64_t k = 0; k < p.k; ++k, b += p.b_stride) {
    const auto x = hn::Set(d, p.a[k * p.a_stride]);
    HWY_UNROLL(8)
    for (int v = 0; v < NV; ++v) sum[v] = hn::MulAdd(x, hn::LoadU(d, b + v * n), sum[v]);
  }
  HWY_UNROLL(8)
  for (int v = 0; v < NV; ++v) hn::StoreU(sum[v], d, p.c + first + v * n);
}

/// The columns from `first` on, in ever shorter vectors.
template <class D, class T = hn::TFromD<D>>
void MatrixRest(D d, const ThinProduct<T>& p, int64_t first) {
  constexpr int n = static_cast<int>(hn::MaxLanes(D()));
  for (; first + n <= p.n; first += n) MatrixColumns<D, 1>(d, p, first);
  if constexpr (n > 1) {
    if (first < p.n) MatrixRest(hn::Half<D>(), p, first);
  }
}

template <class T>
HWY_INLINE void Matrix(const ThinProduct<T>& p) {
  const hn::ScalableTag<T> d;
  using D = decltype(d);
  constexpr int n = static_cast<int>(hn::MaxLanes(D())), wide = 8;
  int64_t first = 0;
  for (; first + wide * n <= p.n; first += wide * n) MatrixColumns<D, wide>(d, p, first);
  for (; first + 2 * n <= p.n; first += 2 * n) MatrixColumns<D, 2>(d, p, first);
  MatrixRest(d, p, first);
}

/// NV vectors of columns, which are rows of B: tiles of them turn in registers.
template <class D, int NV, class T = hn::TFromD<D>>
HWY_INLINE void TransposedColumns(D d, const ThinProduct<T>& p, int64_t first) {
  constexpr int n = static_cast<int>(hn::MaxLanes(D())), side = kTileSide<T>;
  hn::Vec<D> sum[NV];
  HWY_UNROLL(4)
  for (int v = 0; v < NV; ++v) sum[v] = Begin(d, p, first + v * n);
  const T* const b = p.b + first * p.b_stride;
  int64_t k = 0;
  for (; k + side <= p.k; k += side) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      hn::Vec<D> columns[side];
      TransposeTile(d, b + v * n * p.b_stride + k, p.b_stride, columns);
      HWY_UNROLL(4)
      for (int i = 0; i < side; ++i)
        sum[v] = hn::MulAdd(hn::Set(d, p.a[(k + i) * p.a_stride]), columns[i], sum[v]);
    }
  }
  for (; k < p.k; ++k) {
    const auto x = hn::Set(d, p.a[k * p.a_stride]);
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      alignas(64) T column[n];
      for (int i = 0; i < n; ++i) column[i] = b[(v * n + i) * p.b_stride + k];
      sum[v] = hn::MulAdd(x, hn::Load(d, column), sum[v]);
    }
  }
  HWY_UNROLL(4)
  for (int v = 0; v < NV; ++v) hn::StoreU(sum[v], d, p.c + first + v * n);
}

/// The columns from `first` on, in ever shorter vectors; the last, of one number, need no tiles.
template <class D, class T = hn::TFromD<D>>
void TransposedRest(D d, const ThinProduct<T>& p, int64_t first) {
  constexpr int n = static_cast<int>(hn::MaxLanes(D()));
  if constexpr (n >= kTileSide<T>) {
    for (; first + n <= p.n; first += n) TransposedColumns<D, 1>(d, p, first);
    if (first < p.n) TransposedRest(hn::Half<D>(), p, first);
  } else {
    const hn::CappedTag<T, 1> one;
    for (; first < p.n; ++first) {
      auto sum = Begin(one, p, first);
      const T* const b = p.b + first * p.b_stride;
      for (int64_t k = 0; k < p.k; ++k)
        sum = hn::MulAdd(hn::Set(one, p.a[k * p.a_stride]), hn::LoadU(one, b + k), sum);
      hn::StoreU(sum, one, p.c + first);
    }
  }
}

template <class T>
HWY_INLINE void Transposed(const ThinProduct<T>& p) {
  const hn::ScalableTag<T> d;
  using D = decltype(d);
  constexpr int n = static_cast<int>(hn::MaxLanes(D()));
  int64_t first = 0;
  for (; first + 3 * n <= p.n; first += 3 * n) TransposedColumns<D, 3>(d, p, first);
  TransposedRest(d, p, first);
}

void MatrixF32(const ThinProduct<float>& p) { Matrix(p); }
void MatrixF64(const ThinProduct<double>& p) { Matrix(p); }
void TransposedF32(const ThinProduct<float>& p) { Transposed(p); }
void TransposedF64(const ThinProduct<double>& p) { Transposed(p); }

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sluice {

HWY_EXPORT(MatrixF32);
HWY_EXPORT(MatrixF64);
HWY_EXPORT(TransposedF32);
HWY_EXPORT(TransposedF64);

void row_by_matrix(const ThinProduct<float>& product) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(MatrixF32)(product);
}
void row_by_matrix(const ThinProduct<double>& product) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(MatrixF64)(product);
}
void row_by_transposed(const ThinProduct<float>& product) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(TransposedF32)(product);
}
void row_by_transposed(const ThinProduct<double>& product) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(TransposedF64)(product);
}

}  // namespace sluice
#endif

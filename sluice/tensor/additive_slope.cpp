#include "sluice/tensor/additive_slope.h"

#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/tensor/additive_slope.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// NV vectors of columns: their sums over the steps stay in registers.
template <class D, int NV, class T = hn::TFromD<D>>
HWY_INLINE void SlopeColumns(D d, const AdditiveSlope<T>& row, int64_t first) {
  constexpr int n = static_cast<int>(hn::MaxLanes(D()));
  hn::Vec<D> query[NV], w[NV];
  HWY_UNROLL(4)
  for (int i = 0; i < NV; ++i) query[i] = w[i] = hn::Zero(d);
  const auto one = hn::Set(d, T(1));
  for (int64_t s = 0; s < row.steps; ++s) {
    const auto grad = hn::Set(d, row.grad[s]);
    HWY_UNROLL(4)
    for (int i = 0; i < NV; ++i) {
      const int64_t a = first + i * n;
      const auto y = hn::LoadU(d, row.curve + s * row.width + a);
      const auto slope = hn::Mul(hn::Mul(grad, hn::LoadU(d, row.v + a)), hn::NegMulAdd(y, y, one));
      query[i] = hn::Add(query[i], slope);
      w[i] = hn::MulAdd(grad, y, w[i]);
      if (!row.keys) continue;
      T* const to = row.keys + s * row.width + a;
      hn::StoreU(row.add ? hn::Add(hn::LoadU(d, to), slope) : slope, d, to);
    }
  }
  HWY_UNROLL(4)
  for (int i = 0; i < NV; ++i) {
    hn::StoreU(query[i], d, row.query + first + i * n);
    hn::StoreU(w[i], d, row.w + first + i * n);
  }
}

/// The columns from `first` on, in ever shorter vectors.
template <class D, class T = hn::TFromD<D>>
void SlopeRest(D d, const AdditiveSlope<T>& row, int64_t first) {
  constexpr int n = static_cast<int>(hn::MaxLanes(D()));
  for (; first + n <= row.width; first += n) SlopeColumns<D, 1>(d, row, first);
  if constexpr (n > 1) {
    if (first < row.width) SlopeRest(hn::Half<D>(), row, first);
  }
}

template <class T>
HWY_INLINE void Slope(const AdditiveSlope<T>& row) {
  const hn::ScalableTag<T> d;
  using D = decltype(d);
  constexpr int n = static_cast<int>(hn::MaxLanes(D()));
  int64_t first = 0;
  for (; first + 4 * n <= row.width; first += 4 * n) SlopeColumns<D, 4>(d, row, first);
  SlopeRest(d, row, first);
}

void SlopeF32(const AdditiveSlope<float>& row) { Slope(row); }
void SlopeF64(const AdditiveSlope<double>& row) { Slope(row); }

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sluice {

HWY_EXPORT(SlopeF32);
HWY_EXPORT(SlopeF64);

void additive_slope(const AdditiveSlope<float>& row) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(SlopeF32)(row);
}
void additive_slope(const AdditiveSlope<double>& row) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(SlopeF64)(row);
}

}  // namespace sluice
#endif

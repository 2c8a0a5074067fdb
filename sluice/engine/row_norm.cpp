#include "sluice/engine/row_norm.h"

#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/engine/row_norm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
constexpr ptrdiff_t lanes_of = static_cast<ptrdiff_t>(hn::MaxLanes(Tag<T>()));

template <class T>
HWY_INLINE hn::Mask<Tag<T>> UnitsOf(const NormRows<T>& t) {
  return hn::FirstN(Tag<T>(), static_cast<size_t>(t.units));
}
template <class T>
HWY_INLINE T Sum(hn::Vec<Tag<T>> v) {
  return hn::GetLane(hn::SumOfLanes(Tag<T>(), v));
}

template <class T>
void Measure(const NormRows<T>& t, T* out) {
  const Tag<T> d;
  const auto units = UnitsOf(t);
  const T count = static_cast<T>(t.units * t.vectors);
  for (int r = 0; r < t.rows; ++r) {
    const T* const row = t.values + r * t.stride;
    auto sum = hn::Zero(d);
    for (int v = 0; v < t.vectors; ++v)
      sum = hn::Add(sum, hn::IfThenElseZero(units, hn::LoadU(d, row + v * lanes_of<T>)));
    const T mean = Sum<T>(sum) / count;
    auto squares = hn::Zero(d);
    for (int v = 0; v < t.vectors; ++v) {
      const auto away = hn::Sub(hn::LoadU(d, row + v * lanes_of<T>), hn::Set(d, mean));
      const auto counted = hn::IfThenElseZero(units, away);
      squares = hn::MulAdd(counted, counted, squares);
    }
    out[2 * r] = mean;
    out[2 * r + 1] = Sum<T>(squares);
  }
}

template <class T>
void Normalise(const NormRows<T>& t, const RowMoments<T>* of_row) {
  const Tag<T> d;
  const auto units = UnitsOf(t);
  for (int v = 0; v < t.vectors; ++v) {
    const auto gain = hn::LoadU(d, t.affine + 2 * v * lanes_of<T>);
    auto shift = hn::LoadU(d, t.affine + (2 * v + 1) * lanes_of<T>);
    if (t.start) shift = hn::Add(shift, hn::LoadU(d, t.start + v * lanes_of<T>));
    for (int r = 0; r < t.rows; ++r) {
      T* const value = t.values + r * t.stride + v * lanes_of<T>;
      const auto away = hn::Sub(hn::LoadU(d, value), hn::Set(d, of_row[r].mean));
      const auto normed = hn::IfThenElseZero(units, hn::Mul(away, hn::Set(d, of_row[r].scale)));
      hn::StoreU(normed, d, t.normed + r * t.normed_stride + v * lanes_of<T>);
      hn::StoreU(hn::MulAdd(gain, normed, shift), d, value);
    }
  }
}

template <class T>
void MeasureBack(const NormRows<T>& t, T* out) {
  const Tag<T> d;
  for (int r = 0; r < t.rows; ++r) {
    const T* const row = t.values + r * t.stride;
    const T* const normed = t.normed + r * t.normed_stride;
    auto sum = hn::Zero(d), products = hn::Zero(d);
    for (int v = 0; v < t.vectors; ++v) {  // behind the units gain and gradient are zero
      const auto gain = hn::LoadU(d, t.affine + 2 * v * lanes_of<T>);
      const auto gradient = hn::Mul(gain, hn::LoadU(d, row + v * lanes_of<T>));
      sum = hn::Add(sum, gradient);
      products = hn::MulAdd(gradient, hn::LoadU(d, normed + v * lanes_of<T>), products);
    }
    out[2 * r] = Sum<T>(sum);
    out[2 * r + 1] = Sum<T>(products);
  }
}

/// With n = (z - mean) scale: dz = scale (gain g - mean(gain g) - n mean(gain g n)).
template <class T>
void Backward(const NormRows<T>& t, const RowMoments<T>* of_row, const RowSlopes<T>* slopes) {
  const Tag<T> d;
  const auto units = UnitsOf(t);
  for (int v = 0; v < t.vectors; ++v) {
    const auto gain = hn::LoadU(d, t.affine + 2 * v * lanes_of<T>);
    T* const daffine = t.daffine + 2 * v * lanes_of<T>;
    auto dgain = hn::LoadU(d, daffine), dshift = hn::LoadU(d, daffine + lanes_of<T>);
    for (int r = 0; r < t.rows; ++r) {
      T* const value = t.values + r * t.stride + v * lanes_of<T>;
      const auto g = hn::LoadU(d, value);
      const auto n = hn::LoadU(d, t.normed + r * t.normed_stride + v * lanes_of<T>);
      dgain = hn::MulAdd(g, n, dgain);
      dshift = hn::Add(dshift, g);
      const auto level =
          hn::MulAdd(n, hn::Set(d, slopes[r].product), hn::Set(d, slopes[r].gradient));
      const auto dz = hn::Mul(hn::MulSub(gain, g, level), hn::Set(d, of_row[r].scale));
      hn::StoreU(hn::IfThenElseZero(units, dz), d, value);
    }
    hn::StoreU(dgain, d, daffine);
    hn::StoreU(dshift, d, daffine + lanes_of<T>);
  }
}

template <class T>
const RowNormKernels<T>* Kernels() {
  static constexpr RowNormKernels<T> kernels = {Measure<T>, Normalise<T>, MeasureBack<T>,
                                                Backward<T>};
  return &kernels;
}

}  // namespace
const RowNormKernels<float>* NormKernelsF32() { return Kernels<float>(); }
const RowNormKernels<double>* NormKernelsF64() { return Kernels<double>(); }
}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sluice {

HWY_EXPORT(NormKernelsF32);
HWY_EXPORT(NormKernelsF64);

template <>
const RowNormKernels<float>& row_norm_kernels() {
  init_simd();
  return *HWY_DYNAMIC_DISPATCH(NormKernelsF32)();
}
template <>
const RowNormKernels<double>& row_norm_kernels() {
  init_simd();
  return *HWY_DYNAMIC_DISPATCH(NormKernelsF64)();
}

}  // namespace sluice
#endif

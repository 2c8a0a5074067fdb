#include "sluice/tensor/vector_math.h"

#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/tensor/vector_math.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sluice/tensor/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {

/// The function on whole vectors, then on single numbers, which gives each the same bits.
template <class T, class F>
HWY_INLINE void Map(const T* x, T* y, int64_t count, const F& f) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(f(d, hn::LoadU(d, x + i)), d, y + i);
  for (; i < count; ++i) hn::StoreU(f(one, hn::LoadU(one, x + i)), one, y + i);
}

template <class T>
void MapTanh(const T* x, T* y, int64_t count) {
  Map(x, y, count, [](auto d, auto v) HWY_ATTR { return Tanh(d, v); });
}

template <class T>
void MapSigmoid(const T* x, T* y, int64_t count) {
  Map(x, y, count, [](auto d, auto v) HWY_ATTR { return Sigmoid(d, v); });
}

template <class T>
void MapExpBelow(const T* x, T* y, int64_t count, T most) {
  const T least = sizeof(T) == 4 ? -87 : -708;
  Map(x, y, count, [most, least](auto d, auto v) HWY_ATTR {
    const auto below = hn::Sub(v, hn::Set(d, most));
    const auto parts = SplitExp(d, AtLeast(d, below, least));
    const auto exp = hn::MulAdd(parts.scale, parts.minus_one, parts.scale);
    return hn::IfThenElse(hn::Lt(below, hn::Set(d, least)), hn::Zero(d), exp);
  });
}

void TanhF32(const float* x, float* y, int64_t count) { MapTanh(x, y, count); }
void TanhF64(const double* x, double* y, int64_t count) { MapTanh(x, y, count); }
void SigmoidF32(const float* x, float* y, int64_t count) { MapSigmoid(x, y, count); }
void SigmoidF64(const double* x, double* y, int64_t count) { MapSigmoid(x, y, count); }
void ExpF32(const float* x, float* y, int64_t count, float most) { MapExpBelow(x, y, count, most); }
void ExpF64(const double* x, double* y, int64_t count, double most) {
  MapExpBelow(x, y, count, most);
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sluice {

HWY_EXPORT(TanhF32);
HWY_EXPORT(TanhF64);
HWY_EXPORT(SigmoidF32);
HWY_EXPORT(SigmoidF64);
HWY_EXPORT(ExpF32);
HWY_EXPORT(ExpF64);

void vector_tanh(const float* x, float* y, int64_t count) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(TanhF32)(x, y, count);
}
void vector_tanh(const double* x, double* y, int64_t count) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(TanhF64)(x, y, count);
}
void vector_sigmoid(const float* x, float* y, int64_t count) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(SigmoidF32)(x, y, count);
}
void vector_sigmoid(const double* x, double* y, int64_t count) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(SigmoidF64)(x, y, count);
}
void vector_exp_below(const float* x, float* y, int64_t count, float most) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(ExpF32)(x, y, count, most);
}
void vector_exp_below(const double* x, double* y, int64_t count, double most) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(ExpF64)(x, y, count, most);
}

}  // namespace sluice
#endif

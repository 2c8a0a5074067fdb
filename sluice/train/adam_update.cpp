#include "sluice/train/adam_update.h"

#include "sluice/tensor/flush_denormals.h"
#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/train/adam_update.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Numbers [i, i + lanes).
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void UpdateVector(D d, const AdamStep<T>& s, const T* grad, T* first, T* second,
                             T* value, int64_t i) {
  const auto old = hn::Mul(hn::LoadU(d, value + i), hn::Set(d, s.shrink));
  const auto g = hn::Add(hn::LoadU(d, grad + i), hn::Mul(hn::Set(d, s.decay), old));
  const auto m0 = hn::LoadU(d, first + i);
  const auto m = hn::Add(m0, hn::Mul(hn::Set(d, s.fresh1), hn::Sub(g, m0)));
  const auto v = hn::Add(hn::Mul(hn::Set(d, s.beta2), hn::LoadU(d, second + i)),
                         hn::Mul(hn::Set(d, s.fresh2), hn::Mul(g, g)));
  const auto root = hn::Add(hn::Mul(hn::Sqrt(v), hn::Set(d, s.root_scale)), hn::Set(d, s.epsilon));
  const auto change = hn::Mul(hn::Set(d, s.rate), hn::Div(m, root));
  hn::StoreU(m, d, first + i);
  hn::StoreU(v, d, second + i);
  hn::StoreU(hn::Sub(old, change), d, value + i);
}

template <class T>
void Update(const AdamStep<T>& s, const T* grad, T* first, T* second, T* value, int64_t count) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) UpdateVector(d, s, grad, first, second, value, i);
  for (; i < count; ++i) UpdateVector(one, s, grad, first, second, value, i);
}

void UpdateF32(const AdamStep<float>& s, const float* grad, float* first, float* second,
               float* value, int64_t count) {
  Update(s, grad, first, second, value, count);
}
void UpdateF64(const AdamStep<double>& s, const double* grad, double* first, double* second,
               double* value, int64_t count) {
  Update(s, grad, first, second, value, count);
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sluice {

HWY_EXPORT(UpdateF32);
HWY_EXPORT(UpdateF64);

void adam_update(const AdamStep<float>& step, const float* grad, float* first, float* second,
                 float* value, int64_t count) {
  init_simd();
  const FlushDenormals flush;
  HWY_DYNAMIC_DISPATCH(UpdateF32)(step, grad, first, second, value, count);
}
void adam_update(const AdamStep<double>& step, const double* grad, double* first, double* second,
                 double* value, int64_t count) {
  init_simd();
  const FlushDenormals flush;
  HWY_DYNAMIC_DISPATCH(UpdateF64)(step, grad, first, second, value, count);
}

}  // namespace sluice
#endif

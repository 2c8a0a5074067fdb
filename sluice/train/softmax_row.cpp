#include "sluice/train/softmax_row.h"

#include <cmath>

#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/train/softmax_row.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sluice/tensor/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls body(d, i) for whole vectors, then for the numbers that are left, one by one.
template <class T, class Body>
HWY_INLINE void ForVectors(int64_t count, Body&& body) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) body(d, i);
  for (; i < count; ++i) body(one, i);
}

template <class T>
T Greatest(const T* x, int64_t count) {
  const hn::ScalableTag<T> d;
  auto greatest = hn::Set(d, x[0]);
  T rest = x[0];
  ForVectors<T>(count, [&](auto tag, int64_t i) HWY_ATTR {
    if constexpr (hn::MaxLanes(decltype(tag)()) == 1 && hn::MaxLanes(d) > 1)
      rest = x[i] > rest ? x[i] : rest;
    else
      greatest = hn::Max(greatest, hn::LoadU(d, x + i));
  });
  const T vectors = hn::GetLane(hn::MaxOfLanes(d, greatest));
  return vectors > rest ? vectors : rest;
}

/// exp(x - greatest), written to `to` where it is not null, and their sum.
template <class T>
double Exponentials(const T* x, int64_t count, T greatest, T* to) {
  const hn::ScalableTag<T> d;
  auto sum = hn::Zero(d);
  T rest = 0;
  ForVectors<T>(count, [&](auto tag, int64_t i) HWY_ATTR {
    const auto below = hn::Sub(hn::LoadU(tag, x + i), hn::Set(tag, greatest));
    const auto parts = SplitExp(tag, AtLeast(tag, below, sizeof(T) == 4 ? T{-87} : T{-708}));
    const auto e = hn::MulAdd(parts.scale, parts.minus_one, parts.scale);
    if (to) hn::StoreU(e, tag, to + i);
    if constexpr (hn::MaxLanes(decltype(tag)()) == 1 && hn::MaxLanes(d) > 1)
      rest += hn::GetLane(e);
    else
      sum = hn::Add(sum, e);
  });
  return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum))) + static_cast<double>(rest);
}

/// values = values * factor - less
template <class T>
void ScaleAndShift(T* values, int64_t count, double factor, double less) {
  ForVectors<T>(count, [&](auto tag, int64_t i) HWY_ATTR {
    const auto scaled = hn::Mul(hn::LoadU(tag, values + i), hn::Set(tag, static_cast<T>(factor)));
    hn::StoreU(hn::Sub(scaled, hn::Set(tag, static_cast<T>(less))), tag, values + i);
  });
}

template <class T>
double CrossEntropy(const T* logits, int64_t classes, int64_t truth, double smoothing, double share,
                    T* slopes) {
  const T greatest = Greatest(logits, classes);
  const double sum = Exponentials(logits, classes, greatest, slopes);
  const auto count = static_cast<double>(classes);
  if (slopes) {
    ScaleAndShift(slopes, classes, share / sum, smoothing / count * share);
    slopes[truth] -= static_cast<T>((1 - smoothing) * share);
  }
  double aimed = (1 - smoothing) * static_cast<double>(logits[truth]);
  if (smoothing > 0)
    for (int64_t i = 0; i < classes; ++i)
      aimed += smoothing / count * static_cast<double>(logits[i]);
  return std::log(sum) + static_cast<double>(greatest) - aimed;
}

template <class T>
void Softmax(const T* logits, int64_t classes, T* probabilities) {
  const double sum = Exponentials(logits, classes, Greatest(logits, classes), probabilities);
  ScaleAndShift(probabilities, classes, 1 / sum, 0);
}

double CrossEntropyF32(const float* logits, int64_t classes, int64_t truth, double smoothing,
                       double share, float* slopes) {
  return CrossEntropy(logits, classes, truth, smoothing, share, slopes);
}
double CrossEntropyF64(const double* logits, int64_t classes, int64_t truth, double smoothing,
                       double share, double* slopes) {
  return CrossEntropy(logits, classes, truth, smoothing, share, slopes);
}
void SoftmaxF32(const float* logits, int64_t classes, float* probabilities) {
  Softmax(logits, classes, probabilities);
}
void SoftmaxF64(const double* logits, int64_t classes, double* probabilities) {
  Softmax(logits, classes, probabilities);
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sluice {

HWY_EXPORT(CrossEntropyF32);
HWY_EXPORT(CrossEntropyF64);
HWY_EXPORT(SoftmaxF32);
HWY_EXPORT(SoftmaxF64);

double cross_entropy_row(const float* logits, int64_t classes, int64_t truth, double smoothing,
                         double share, float* slopes) {
  init_simd();
  return HWY_DYNAMIC_DISPATCH(CrossEntropyF32)(logits, classes, truth, smoothing, share, slopes);
}
double cross_entropy_row(const double* logits, int64_t classes, int64_t truth, double smoothing,
                         double share, double* slopes) {
  init_simd();
  return HWY_DYNAMIC_DISPATCH(CrossEntropyF64)(logits, classes, truth, smoothing, share, slopes);
}
void softmax_row(const float* logits, int64_t classes, float* probabilities) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(SoftmaxF32)(logits, classes, probabilities);
}
void softmax_row(const double* logits, int64_t classes, double* probabilities) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(SoftmaxF64)(logits, classes, probabilities);
}

}  // namespace sluice
#endif

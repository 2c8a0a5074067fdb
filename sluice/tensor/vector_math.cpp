#include "sluice/tensor/vector_math.h"

#include <limits>

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
void MapExpBelow(const T* x, T* y, int64_t count, T most, T scale) {
  const T least = sizeof(T) == 4 ? -87 : -708;
  Map(x, y, count, [most, least, scale](auto d, auto v) HWY_ATTR {
    const auto below = hn::Mul(hn::Sub(v, hn::Set(d, most)), hn::Set(d, scale));
    const auto parts = SplitExp(d, AtLeast(d, below, least));
    const auto exp = hn::MulAdd(parts.scale, parts.minus_one, parts.scale);
    return hn::IfThenElse(hn::Lt(below, hn::Set(d, least)), hn::Zero(d), exp);
  });
}

template <class T>
void MapScale(const T* x, T* y, int64_t count, T factor) {
  Map(x, y, count, [factor](auto d, auto v) HWY_ATTR { return hn::Mul(v, hn::Set(d, factor)); });
}

template <class T>
HWY_INLINE void MapSlope(const T* y, const T* x, T* z, int64_t count, T mean, T factor) {
  const auto slope = [&](auto d, int64_t i) HWY_ATTR {
    const auto from_mean = hn::Sub(hn::LoadU(d, x + i), hn::Set(d, mean));
    const auto share = hn::Mul(hn::LoadU(d, y + i), hn::Set(d, factor));
    hn::StoreU(hn::Mul(share, from_mean), d, z + i);
  };
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) slope(d, i);
  for (; i < count; ++i) slope(hn::CappedTag<T, 1>(), i);
}

/// Vector by vector what is larger, or NaN; the last vector may overlap the one before.
template <class T>
HWY_INLINE T MostOf(const T* x, int64_t count) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto more = [](auto v, auto most) HWY_ATTR {
    return hn::IfThenElse(hn::Or(hn::Gt(v, most), hn::IsNaN(v)), v, most);
  };
  if (count < lanes) {
    T most = x[0];
    for (int64_t i = 1; i < count; ++i) most = x[i] > most || x[i] != x[i] ? x[i] : most;
    return most;
  }
  auto a = hn::LoadU(d, x + count - lanes), b = a, c = a, e = a;  // four chains hide the latency
  int64_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    a = more(hn::LoadU(d, x + i), a);
    b = more(hn::LoadU(d, x + i + lanes), b);
    c = more(hn::LoadU(d, x + i + 2 * lanes), c);
    e = more(hn::LoadU(d, x + i + 3 * lanes), e);
  }
  for (; i + lanes <= count; i += lanes) a = more(hn::LoadU(d, x + i), a);
  const auto most = more(more(a, b), more(c, e));
  const bool whole = hn::AllFalse(d, hn::IsNaN(most));
  return whole ? hn::GetLane(hn::MaxOfLanes(d, most)) : std::numeric_limits<T>::quiet_NaN();
}

template <class D, class T>
HWY_INLINE hn::Vec<D> LoadDoubles(D d, const T* x) {
  if constexpr (sizeof(T) == 8)
    return hn::LoadU(d, x);
  else
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, D>(), x));
}

/// Eight chains, chain i of every eighth number from i on, as sum_lanes() has them. `load` gives a
/// vector of doubles from a place on, `one` a single one.
template <class Load, class One>
HWY_INLINE double SumOf(int64_t count, const Load& load, const One& one) {
  constexpr int kLanes = HWY_MIN(HWY_LANES(double), 8), kVectors = 8 / kLanes;
  const hn::CappedTag<double, 8> d;
  hn::Vec<decltype(d)> sums[kVectors];
  for (auto& sum : sums) sum = hn::Zero(d);
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int v = 0; v < kVectors; ++v) sums[v] = hn::Add(sums[v], load(d, i + v * kLanes));
  double s[8];
  for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[v], d, s + v * kLanes);
  for (int chain = 0; i < count; ++i, ++chain) s[chain] += one(i);
  return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

template <class T>
HWY_INLINE double PlainSum(const T* x, int64_t count) {
  return SumOf(
      count, [x](auto d, int64_t i) HWY_ATTR { return LoadDoubles(d, x + i); },
      [x](int64_t i) { return static_cast<double>(x[i]); });
}

template <class T>
HWY_INLINE double DotOf(const T* x, const T* y, int64_t count) {
  return SumOf(
      count,
      [x, y](auto d, int64_t i)
          HWY_ATTR { return hn::Mul(LoadDoubles(d, x + i), LoadDoubles(d, y + i)); },
      [x, y](int64_t i) { return static_cast<double>(x[i]) * static_cast<double>(y[i]); });
}

/// Some rows at a time, so that the sums are seldom written and read again.
template <class T>
HWY_INLINE void AddTo(double* sums, const T* x, int64_t rows, int64_t stride, int64_t count) {
  constexpr int64_t together = 8;
  const hn::CappedTag<double, 8> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t first = 0; first < rows; first += together, x += together * stride) {
    const int64_t some = std::min(together, rows - first);
    int64_t i = 0;
    for (; i + lanes <= count; i += lanes) {
      auto sum = hn::LoadU(d, sums + i);
      for (int64_t r = 0; r < some; ++r) sum = hn::Add(sum, LoadDoubles(d, x + r * stride + i));
      hn::StoreU(sum, d, sums + i);
    }
    for (; i < count; ++i)
      for (int64_t r = 0; r < some; ++r) sums[i] += static_cast<double>(x[r * stride + i]);
  }
}

float MostF32(const float* x, int64_t count) { return MostOf(x, count); }
double MostF64(const double* x, int64_t count) { return MostOf(x, count); }
double SumF32(const float* x, int64_t count) { return PlainSum(x, count); }
double SumF64(const double* x, int64_t count) { return PlainSum(x, count); }
double DotF32(const float* x, const float* y, int64_t count) { return DotOf(x, y, count); }
double DotF64(const double* x, const double* y, int64_t count) { return DotOf(x, y, count); }
void AddToF32(double* sums, const float* x, int64_t rows, int64_t stride, int64_t count) {
  AddTo(sums, x, rows, stride, count);
}
void AddToF64(double* sums, const double* x, int64_t rows, int64_t stride, int64_t count) {
  AddTo(sums, x, rows, stride, count);
}
void TanhF32(const float* x, float* y, int64_t count) { MapTanh(x, y, count); }
void TanhF64(const double* x, double* y, int64_t count) { MapTanh(x, y, count); }
void SigmoidF32(const float* x, float* y, int64_t count) { MapSigmoid(x, y, count); }
void SigmoidF64(const double* x, double* y, int64_t count) { MapSigmoid(x, y, count); }
void ExpF32(const float* x, float* y, int64_t count, float most, float scale) {
  MapExpBelow(x, y, count, most, scale);
}
void ExpF64(const double* x, double* y, int64_t count, double most, double scale) {
  MapExpBelow(x, y, count, most, scale);
}
void ScaleF32(const float* x, float* y, int64_t count, float factor) {
  MapScale(x, y, count, factor);
}
void ScaleF64(const double* x, double* y, int64_t count, double factor) {
  MapScale(x, y, count, factor);
}
void SlopeF32(const float* y, const float* x, float* z, int64_t count, float mean, float factor) {
  MapSlope(y, x, z, count, mean, factor);
}
void SlopeF64(const double* y, const double* x, double* z, int64_t count, double mean,
              double factor) {
  MapSlope(y, x, z, count, mean, factor);
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
HWY_EXPORT(ScaleF32);
HWY_EXPORT(ScaleF64);
HWY_EXPORT(SlopeF32);
HWY_EXPORT(SlopeF64);
HWY_EXPORT(MostF32);
HWY_EXPORT(MostF64);
HWY_EXPORT(SumF32);
HWY_EXPORT(SumF64);
HWY_EXPORT(DotF32);
HWY_EXPORT(DotF64);
HWY_EXPORT(AddToF32);
HWY_EXPORT(AddToF64);

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
void vector_exp_below(const float* x, float* y, int64_t count, float most, float scale) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(ExpF32)(x, y, count, most, scale);
}
void vector_exp_below(const double* x, double* y, int64_t count, double most, double scale) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(ExpF64)(x, y, count, most, scale);
}
void vector_scale(const float* x, float* y, int64_t count, float factor) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(ScaleF32)(x, y, count, factor);
}
void vector_scale(const double* x, double* y, int64_t count, double factor) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(ScaleF64)(x, y, count, factor);
}
void vector_slope(const float* y, const float* x, float* z, int64_t count, float mean,
                  float factor) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(SlopeF32)(y, x, z, count, mean, factor);
}
void vector_slope(const double* y, const double* x, double* z, int64_t count, double mean,
                  double factor) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(SlopeF64)(y, x, z, count, mean, factor);
}
float vector_most(const float* x, int64_t count) {
  init_simd();
  return HWY_DYNAMIC_DISPATCH(MostF32)(x, count);
}
double vector_most(const double* x, int64_t count) {
  init_simd();
  return HWY_DYNAMIC_DISPATCH(MostF64)(x, count);
}
double vector_sum(const float* x, int64_t count) {
  init_simd();
  return HWY_DYNAMIC_DISPATCH(SumF32)(x, count);
}
double vector_sum(const double* x, int64_t count) {
  init_simd();
  return HWY_DYNAMIC_DISPATCH(SumF64)(x, count);
}
double vector_dot(const float* x, const float* y, int64_t count) {
  init_simd();
  return HWY_DYNAMIC_DISPATCH(DotF32)(x, y, count);
}
double vector_dot(const double* x, const double* y, int64_t count) {
  init_simd();
  return HWY_DYNAMIC_DISPATCH(DotF64)(x, y, count);
}
void vector_add_to(double* sums, const float* x, int64_t rows, int64_t stride, int64_t count) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(AddToF32)(sums, x, rows, stride, count);
}
void vector_add_to(double* sums, const double* x, int64_t rows, int64_t stride, int64_t count) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(AddToF64)(sums, x, rows, stride, count);
}

}  // namespace sluice
#endif

// Vector sigmoid and tanh for the instruction set being compiled, float and double.
#if defined(SLUICE_ACTIVATION_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_ACTIVATION_INL
#undef SLUICE_ACTIVATION_INL
#else
#define SLUICE_ACTIVATION_INL
#endif

#include <hwy/highway.h>

#include "sluice/tensor/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
/// The guess of 1 / b good to 14 bits that 512-bit vectors have, the same for half of one.
template <class V>
HWY_INLINE V GuessReciprocal(V b) {
  return hn::ApproximateReciprocal(b);
}
HWY_INLINE hn::Vec256<float> GuessReciprocal(hn::Vec256<float> b) {
  return hn::Vec256<float>{_mm256_rcp14_ps(b.raw)};
}
#endif

/// a / b for a finite b of at least 1. On 512-bit vectors a division takes as long as a dozen
/// multiplications: there the processor's guess of 1 / b, good to 14 bits, takes a step of
/// Newton's, whose error of 2^-28 is lost in the rounding.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Quotient(V a, V b) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    const V guess = GuessReciprocal(b), quotient = hn::Mul(a, guess);
    return hn::MulAdd(hn::NegMulAdd(b, quotient, a), guess, quotient);
  }
#endif
  return hn::Div(a, b);
}

/// The lesser and the greater of x and a bound; NaN stays NaN. On x86 the second operand is what
/// comes of a NaN; elsewhere Min may drop it.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V AtMost(D d, V x, hn::TFromD<D> bound) {
  const V b = hn::Set(d, bound);
  return HWY_ARCH_X86 ? hn::Min(b, x) : hn::IfThenElse(hn::Gt(x, b), b, x);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V AtLeast(D d, V x, hn::TFromD<D> bound) {
  const V b = hn::Set(d, bound);
  return HWY_ARCH_X86 ? hn::Max(b, x) : hn::IfThenElse(hn::Lt(x, b), b, x);
}

/// 1 / (1 + exp(-x)); absolute error below 1e-7 (float), NaN stays NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Sigmoid(D d, V x) {
  using T = hn::TFromD<D>;
  constexpr T most = sizeof(T) == 4 ? 87 : 708;
  const ExpParts<V> e = SplitExp<-1>(d, AtLeast(d, AtMost(d, x, most), -most));
  const V one = hn::Set(d, T{1});
  return Quotient<D>(one, hn::Add(one, hn::MulAdd(e.scale, e.minus_one, e.scale)));
}

/// tanh through exp(-2|x|) - 1, accurate relatively near zero too; NaN stays NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Tanh(D d, V x) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T{1});
  const ExpParts<V> e =
      SplitExp<-2, true>(d, AtMost(d, hn::Abs(x), T{20}));  // 1 to the last bit long before
  const V m = hn::MulAdd(e.scale, e.minus_one, hn::Sub(e.scale, one));
  return hn::CopySign(Quotient<D>(m, hn::Add(m, hn::Set(d, T{2}))), x);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Relu(D d, V x) {
  // max(x, 0) would turn NaN into 0 on some processors.
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Zero(d), x);
}

/// min(max(slope x + 1/2, 0), 1)
template <class D, class V = hn::Vec<D>>
HWY_INLINE V HardSigmoid(D d, V x, V slope) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T{1});
  const V y = hn::MulAdd(slope, x, hn::Set(d, T{0.5}));
  return hn::IfThenElse(hn::Gt(y, one), one, Relu(d, y));
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

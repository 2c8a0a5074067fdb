// Vector sigmoid and tanh for the instruction set being compiled, float and double.
#if defined(SLUICE_ACTIVATION_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_ACTIVATION_INL
#undef SLUICE_ACTIVATION_INL
#else
#define SLUICE_ACTIVATION_INL
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln(2)/2, and exp(r) - 1 = r + r² q(r).
// The float q is a minimax fit of degree 4 (error 3e-9 of exp r), the double one is Taylor's.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V ExpPolynomialFloat(D d, V r) {
  V q = hn::Set(d, 1.3814320554956794e-3f);
  q = hn::MulAdd(q, r, hn::Set(d, 8.36885068565607e-3f));
  q = hn::MulAdd(q, r, hn::Set(d, 4.1668400168418884e-2f));
  q = hn::MulAdd(q, r, hn::Set(d, 1.666651964187622e-1f));
  return hn::MulAdd(q, r, hn::Set(d, 4.999999403953552e-1f));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V ExpPolynomialDouble(D d, V r) {
  V q = hn::Set(d, 1.1470745597729725e-11);
  q = hn::MulAdd(q, r, hn::Set(d, 1.6059043836821613e-10));
  q = hn::MulAdd(q, r, hn::Set(d, 2.08767569878681e-9));
  q = hn::MulAdd(q, r, hn::Set(d, 2.505210838544172e-8));
  q = hn::MulAdd(q, r, hn::Set(d, 2.755731922398589e-7));
  q = hn::MulAdd(q, r, hn::Set(d, 2.7557319223985893e-6));
  q = hn::MulAdd(q, r, hn::Set(d, 2.48015873015873e-5));
  q = hn::MulAdd(q, r, hn::Set(d, 1.984126984126984e-4));
  q = hn::MulAdd(q, r, hn::Set(d, 1.388888888888889e-3));
  q = hn::MulAdd(q, r, hn::Set(d, 8.333333333333333e-3));
  q = hn::MulAdd(q, r, hn::Set(d, 4.1666666666666664e-2));
  q = hn::MulAdd(q, r, hn::Set(d, 1.6666666666666666e-1));
  return hn::MulAdd(q, r, hn::Set(d, 0.5));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V ExpPolynomial(D d, V r) {
  if constexpr (sizeof(hn::TFromD<D>) == 4)
    return ExpPolynomialFloat(d, r);
  else
    return ExpPolynomialDouble(d, r);
}

/// 2^n and exp(r) - 1, of which exp(x) and exp(x) - 1 are made without cancellation.
template <class V>
struct ExpParts {
  V scale, minus_one;
};

/// For |x| below 87 (float) or 708 (double). Adding 1.5 · 2^mantissa rounds to an integer and
/// leaves it in the low bits, of which the exponent of 2^n is made.
template <class D, class V = hn::Vec<D>>
HWY_INLINE ExpParts<V> SplitExp(D d, V x) {
  using T = hn::TFromD<D>;
  constexpr bool f32 = sizeof(T) == 4;
  constexpr int mantissa = f32 ? 23 : 52;
  const V inverse_ln2 = hn::Set(d, static_cast<T>(1.4426950408889634));
  const V high = hn::Set(d, static_cast<T>(f32 ? 0.693359375 : 0.6931467056274414));
  const V low = hn::Set(d, static_cast<T>(f32 ? -2.1219444170128554e-4 : 4.7493250390316726e-07));
  const V magic = hn::Set(d, static_cast<T>(3LL << (mantissa - 1)));
  const V shifted = hn::MulAdd(x, inverse_ln2, magic);
  const V n = hn::Sub(shifted, magic);
  const V r = hn::NegMulAdd(n, low, hn::NegMulAdd(n, high, x));
  const V p = hn::MulAdd(hn::Mul(r, r), ExpPolynomial(d, r), r);
  const hn::RebindToUnsigned<D> du;
  const V one = hn::Set(d, T{1});
  const auto exponent = hn::ShiftLeft<mantissa>(hn::BitCast(du, shifted));
  return {hn::BitCast(d, hn::Add(exponent, hn::BitCast(du, one))), p};
}

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
  const V one = hn::Set(d, T{1});
  const ExpParts<V> e = SplitExp(d, AtLeast(d, AtMost(d, hn::Neg(x), most), -most));
  return Quotient<D>(one, hn::Add(one, hn::MulAdd(e.scale, e.minus_one, e.scale)));
}

/// tanh through exp(-2|x|) - 1, accurate relatively near zero too; NaN stays NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Tanh(D d, V x) {
  using T = hn::TFromD<D>;
  const V y = hn::Mul(hn::Abs(x), hn::Set(d, T{-2}));
  const ExpParts<V> e = SplitExp(d, AtLeast(d, y, T{-40}));  // 1 to the last bit long before
  const V m = hn::MulAdd(e.scale, e.minus_one, hn::Sub(e.scale, hn::Set(d, T{1})));
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

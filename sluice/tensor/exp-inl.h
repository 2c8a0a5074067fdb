// exp on vectors of the instruction set being compiled, float and double, in parts of which exp(x)
// and exp(x) - 1 are made without cancellation.
#if defined(SLUICE_EXP_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_EXP_INL
#undef SLUICE_EXP_INL
#else
#define SLUICE_EXP_INL
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// exp(x) = scale (1 + minus_one), scale a power of two or of its 16th root, minus_one exp(r) - 1.
template <class V>
struct ExpParts {
  V scale, minus_one;
};

// exp(r) - 1 = r + r² q(r) for |r| <= ln(2)/2. The float q is a minimax fit of degree 4 (error 3e-9
// of exp r), the double one is Taylor's.
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

/// Adding 1.5 · 2^mantissa rounds to an integer and leaves it in the low bits.
template <class T>
constexpr T kRounding = static_cast<T>(sizeof(T) == 4 ? 12582912.0 : 6755399441055744.0);

/// exp(Factor x) by n = round(Factor x / ln 2): the integer in the low bits becomes an exponent.
template <int Factor, class D, class V = hn::Vec<D>>
HWY_INLINE ExpParts<V> SplitByPowers(D d, V x) {
  using T = hn::TFromD<D>;
  constexpr bool f32 = sizeof(T) == 4;
  const V magic = hn::Set(d, kRounding<T>);
  const V shifted = hn::MulAdd(x, hn::Set(d, static_cast<T>(Factor * 1.4426950408889634)), magic);
  const V high = hn::Set(d, static_cast<T>(f32 ? 0.693359375 : 0.6931467056274414));
  const V low = hn::Set(d, static_cast<T>(f32 ? -2.1219444170128554e-4 : 4.7493250390316726e-07));
  const V n = hn::Sub(shifted, magic), y = hn::Mul(x, hn::Set(d, static_cast<T>(Factor)));
  const V r = hn::NegMulAdd(n, low, hn::NegMulAdd(n, high, y));
  const V p = hn::MulAdd(hn::Mul(r, r), ExpPolynomial(d, r), r);
  const hn::RebindToUnsigned<D> du;
  const auto exponent = hn::ShiftLeft<f32 ? 23 : 52>(hn::BitCast(du, shifted));
  return {hn::BitCast(d, hn::Add(exponent, hn::BitCast(du, hn::Set(d, T{1})))), p};
}

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
/// 2^(j/16), j = 0 … 15, its bits less j · 2^19: what is added to (16 n + j) · 2^19 to give the
/// bits of 2^(n + j/16).
alignas(64) inline constexpr uint32_t kSixteenths[16] = {
    0x3f800000, 0x3f7daac3, 0x3f7b95c2, 0x3f79c3d3, 0x3f7837f0, 0x3f76f532, 0x3f75fed7, 0x3f75583f,
    0x3f7504f3, 0x3f7508a4, 0x3f75672a, 0x3f76248c, 0x3f7744fd, 0x3f78ccdf, 0x3f7ac0c7, 0x3f7d257d};
/// What the rounding of these left out, relative to them.
alignas(64) inline constexpr float kSixteenthsError[16] = {0,
                                                           4.6285471e-08f,
                                                           -1.1992157e-08f,
                                                           4.7297824e-08f,
                                                           3.1934181e-08f,
                                                           3.6210573e-08f,
                                                           -3.0990721e-08f,
                                                           -7.4752132e-09f,
                                                           1.7114271e-08f,
                                                           -3.0476834e-08f,
                                                           5.2333342e-09f,
                                                           6.1075916e-09f,
                                                           -1.4719605e-08f,
                                                           -5.2587951e-09f,
                                                           -6.1282598e-09f,
                                                           5.1406092e-09f};

/// table[the low four bits of index].
HWY_INLINE hn::Vec512<float> OfSixteen(const float* table, hn::Vec512<float> index) {
  return hn::Vec512<float>{
      _mm512_permutexvar_ps(_mm512_castps_si512(index.raw), _mm512_load_ps(table))};
}
HWY_INLINE hn::Vec256<float> OfSixteen(const float* table, hn::Vec256<float> index) {
  return hn::Vec256<float>{_mm256_permutex2var_ps(
      _mm256_load_ps(table), _mm256_castps_si256(index.raw), _mm256_load_ps(table + 8))};
}
template <size_t N>
HWY_INLINE hn::Vec128<float, N> OfSixteen(const float* table, hn::Vec128<float, N> index) {
  const __m512 wide = _mm512_castps128_ps512(index.raw);
  return hn::Vec128<float, N>{_mm512_castps512_ps128(
      _mm512_permutexvar_ps(_mm512_castps_si512(wide), _mm512_load_ps(table)))};
}

/// exp(Factor x) by N = round(16 Factor x / ln 2): with |r| <= ln(2)/32 three terms do, with errors
/// of 2e-9 of exp(r) and 1.1e-7 of exp(r) - 1. `Exact`: what rounding took from `scale` is in
/// minus_one, for exp(x) - 1. ln(2) is a float but for 2e-9, so that r takes one multiplication.
template <int Factor, bool Exact, class D, class V = hn::Vec<D>>
HWY_INLINE ExpParts<V> SplitBySixteenths(D d, V x) {
  constexpr float factor = Factor < 0 ? -Factor : Factor, sign = Factor < 0 ? -1 : 1;
  const V magic = hn::Set(d, kRounding<float>);
  const V shifted = hn::MulAdd(x, hn::Set(d, Factor * 23.083120346069336f), magic);
  const V n = hn::Sub(shifted, magic), step = hn::Set(d, 0.043321698904037476f / factor);
  const V r = sign < 0 ? hn::NegMulSub(n, step, x) : hn::NegMulAdd(n, step, x);  // of exp(factor r)
  const V q = hn::MulAdd(r, hn::Set(d, factor * factor * factor / 6),
                         hn::Set(d, factor * factor * 0.50001466f));
  const auto* powers = reinterpret_cast<const float*>(kSixteenths);
  V first = r;
  if constexpr (Exact)
    first = hn::MulAdd(r, hn::Set(d, factor), OfSixteen(kSixteenthsError, shifted));
  else if constexpr (factor != 1)
    first = hn::Mul(r, hn::Set(d, factor));
  const hn::RebindToUnsigned<D> du;
  const auto exponent = hn::ShiftLeft<19>(hn::BitCast(du, shifted));
  const auto power = hn::BitCast(du, OfSixteen(powers, shifted));
  return {hn::BitCast(d, hn::Add(exponent, power)), hn::MulAdd(hn::Mul(r, r), q, first)};
}
#endif

/// exp(Factor x), for |Factor x| below 87 (float) or 708 (double). `Exact`: for exp - 1.
template <int Factor = 1, bool Exact = false, class D, class V = hn::Vec<D>>
HWY_INLINE ExpParts<V> SplitExp(D d, V x) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  if constexpr (sizeof(hn::TFromD<D>) == 4) return SplitBySixteenths<Factor, Exact>(d, x);
#endif
  return SplitByPowers<Factor>(d, x);
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

// The numbers that a cell's equations are computed with, for the instruction set being compiled:
// vectors, with derivatives or without.
#if defined(SLUICE_DUAL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_DUAL_INL
#undef SLUICE_DUAL_INL
#else
#define SLUICE_DUAL_INL
#endif

#include <hwy/highway.h>
#include <type_traits>
#include <utility>

#include "sluice/engine/cell_kernel.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#include "sluice/cells/cell.h"

/// A pre-activation on its way into `m`: what may be added to it there is added, and nothing else.
template <class D>
struct PreActivation {
  hn::Vec<D> v;
};

/// The same in replay, a sum of the gates of Mask: it has derivatives but no value, so that misuse
/// does not compile.
template <unsigned Mask>
struct GateNames {};

constexpr int kMaxBits = max_gates + max_states + max_units + max_messages;
static_assert(kMaxBits < 32);

/// Calls f(Index<Bit>) for every bit of Mask.
template <unsigned Mask, int Bit = 0, class F>
HWY_INLINE void ForBits(F&& f) {
  if constexpr (Bit < kMaxBits && (Mask >> Bit) != 0) {
    if constexpr ((Mask >> Bit) & 1) f(Index<Bit>());
    ForBits<Mask, Bit + 1>(std::forward<F>(f));
  }
}

/// A value and its derivatives by the inputs whose bit is set in Mask: gates first, then states.
/// Mask 0 is a plain number: what forward computes with.
template <class D, unsigned Mask>
struct Dual {
  using V = hn::Vec<D>;
  static constexpr int count = __builtin_popcount(Mask);
  V v;
  V d[count > 0 ? count : 1];

  Dual() = default;
  HWY_INLINE explicit Dual(V value) : v(value) {}
  HWY_INLINE Dual(V value, V slope) : v(value), d{slope} {}
  // Number by number: g++ copies a whole object by way of memory, in blocks that it then reads back
  // in other sizes, and the processor waits for every one of them.
  HWY_INLINE Dual(const Dual& other) : v(other.v) {
    ForBits<Mask>([&]<int K>(Index<K>) HWY_ATTR { slope<K>() = other.template slope<K>(); });
  }
  Dual& operator=(const Dual&) = delete;

  template <int Bit>
  static constexpr bool has = ((Mask >> Bit) & 1) != 0;
  template <int Bit>
  HWY_INLINE V& slope() {
    return d[__builtin_popcount(Mask & ((1u << Bit) - 1))];
  }
  template <int Bit>
  HWY_INLINE const V& slope() const {
    return d[__builtin_popcount(Mask & ((1u << Bit) - 1))];
  }
};

template <class D, unsigned A, unsigned B>
HWY_INLINE Dual<D, A | B> operator+(const Dual<D, A>& a, const Dual<D, B>& b) {
  Dual<D, A | B> sum;
  sum.v = hn::Add(a.v, b.v);
  ForBits<A | B>([&]<int K>(Index<K>) HWY_ATTR {
    if constexpr (Dual<D, A>::template has<K> && Dual<D, B>::template has<K>)
      sum.template slope<K>() = hn::Add(a.template slope<K>(), b.template slope<K>());
    else if constexpr (Dual<D, A>::template has<K>)
      sum.template slope<K>() = a.template slope<K>();
    else
      sum.template slope<K>() = b.template slope<K>();
  });
  return sum;
}

template <class D, unsigned A>
HWY_INLINE Dual<D, A> operator-(const Dual<D, A>& a) {
  Dual<D, A> minus;
  minus.v = hn::Neg(a.v);
  ForBits<A>([&]<int K>(Index<K>)
                 HWY_ATTR { minus.template slope<K>() = hn::Neg(a.template slope<K>()); });
  return minus;
}

template <class D, unsigned A, unsigned B>
HWY_INLINE Dual<D, A | B> operator-(const Dual<D, A>& a, const Dual<D, B>& b) {
  return a + (-b);
}

template <class D, unsigned A, unsigned B>
HWY_INLINE Dual<D, A | B> operator*(const Dual<D, A>& a, const Dual<D, B>& b) {
  Dual<D, A | B> product;
  product.v = hn::Mul(a.v, b.v);
  ForBits<A | B>([&]<int K>(Index<K>) HWY_ATTR {
    if constexpr (Dual<D, A>::template has<K> && Dual<D, B>::template has<K>)
      product.template slope<K>() =
          hn::MulAdd(a.template slope<K>(), b.v, hn::Mul(a.v, b.template slope<K>()));
    else if constexpr (Dual<D, A>::template has<K>)
      product.template slope<K>() = hn::Mul(a.template slope<K>(), b.v);
    else
      product.template slope<K>() = hn::Mul(a.v, b.template slope<K>());
  });
  return product;
}

/// a b + c, rounded once.
template <class D, unsigned A, unsigned B, unsigned C>
HWY_INLINE Dual<D, A | B | C> mul_add(const Dual<D, A>& a, const Dual<D, B>& b,
                                      const Dual<D, C>& c) {
  Dual<D, A | B | C> result = a * b + c;
  result.v = hn::MulAdd(a.v, b.v, c.v);
  return result;
}

/// 1 - a
template <class D, unsigned A>
HWY_INLINE Dual<D, A> one_minus(const Dual<D, A>& a) {
  Dual<D, A> result = -a;
  result.v = hn::Sub(hn::Set(D(), hn::TFromD<D>{1}), a.v);
  return result;
}

/// a / b
template <class D, unsigned A, unsigned B>
HWY_INLINE Dual<D, A | B> operator/(const Dual<D, A>& a, const Dual<D, B>& b) {
  Dual<D, A | B> ratio;
  ratio.v = hn::Div(a.v, b.v);
  if constexpr ((A | B) != 0) {
    const auto inverse = hn::Div(hn::Set(D(), hn::TFromD<D>{1}), b.v);
    ForBits<A | B>([&]<int K>(Index<K>) HWY_ATTR {
      if constexpr (Dual<D, A>::template has<K> && Dual<D, B>::template has<K>)
        ratio.template slope<K>() =
            hn::Mul(inverse, hn::NegMulAdd(ratio.v, b.template slope<K>(), a.template slope<K>()));
      else if constexpr (Dual<D, A>::template has<K>)
        ratio.template slope<K>() = hn::Mul(inverse, a.template slope<K>());
      else
        ratio.template slope<K>() =
            hn::Mul(inverse, hn::Neg(hn::Mul(ratio.v, b.template slope<K>())));
    });
  }
  return ratio;
}

/// a where `first` holds, else b.
template <class D, class M, unsigned A, unsigned B>
HWY_INLINE Dual<D, A | B> choose(const M& first, const Dual<D, A>& a, const Dual<D, B>& b) {
  Dual<D, A | B> chosen;
  chosen.v = hn::IfThenElse(first, a.v, b.v);
  ForBits<A | B>([&]<int K>(Index<K>) HWY_ATTR {
    if constexpr (Dual<D, A>::template has<K> && Dual<D, B>::template has<K>)
      chosen.template slope<K>() =
          hn::IfThenElse(first, a.template slope<K>(), b.template slope<K>());
    else if constexpr (Dual<D, A>::template has<K>)
      chosen.template slope<K>() = hn::IfThenElseZero(first, a.template slope<K>());
    else
      chosen.template slope<K>() = hn::IfThenZeroElse(first, b.template slope<K>());
  });
  return chosen;
}

template <class D, unsigned A, unsigned B>
HWY_INLINE Dual<D, A | B> max(const Dual<D, A>& a, const Dual<D, B>& b) {
  return choose(hn::Gt(a.v, b.v), a, b);
}
/// b where a is 0, else c.
template <class D, unsigned A, unsigned B, unsigned C>
HWY_INLINE Dual<D, B | C> where_zero(const Dual<D, A>& a, const Dual<D, B>& b,
                                     const Dual<D, C>& c) {
  return choose(hn::Eq(a.v, hn::Zero(D())), b, c);
}

// ---- Sums with pre-activations ---------------------------------------------------------------

template <class D>
HWY_INLINE PreActivation<D> operator+(const PreActivation<D>& a, const PreActivation<D>& b) {
  return {hn::Add(a.v, b.v)};
}
template <class D>
HWY_INLINE PreActivation<D> operator+(const PreActivation<D>& a, const Dual<D, 0>& b) {
  return {hn::Add(a.v, b.v)};
}
template <class D>
HWY_INLINE PreActivation<D> operator+(const Dual<D, 0>& a, const PreActivation<D>& b) {
  return {hn::Add(a.v, b.v)};
}
template <class D>
HWY_INLINE PreActivation<D> mul_add(const Dual<D, 0>& a, const Dual<D, 0>& b,
                                    const PreActivation<D>& c) {
  return {hn::MulAdd(a.v, b.v, c.v)};
}

/// In replay, gates and something with derivatives: the gates' own are 1.
template <class D, unsigned Gates, unsigned Mask>
struct GateSum {
  Dual<D, Mask> rest;
  HWY_INLINE explicit GateSum(const Dual<D, Mask>& r) : rest(r) {}
};

template <unsigned A, unsigned B>
constexpr GateNames<A | B> operator+(GateNames<A>, GateNames<B>) {
  return {};
}
template <class D, unsigned G, unsigned M>
HWY_INLINE GateSum<D, G, M> operator+(GateNames<G>, const Dual<D, M>& b) {
  return GateSum<D, G, M>(b);
}
template <class D, unsigned G, unsigned M>
HWY_INLINE GateSum<D, G, M> operator+(const Dual<D, M>& a, GateNames<G>) {
  return GateSum<D, G, M>(a);
}
template <class D, unsigned G, unsigned A, unsigned B>
HWY_INLINE GateSum<D, G, A | B> operator+(const GateSum<D, G, A>& a, const Dual<D, B>& b) {
  return GateSum < D, G, A | B > (a.rest + b);
}
template <class D, unsigned G, unsigned A, unsigned B>
HWY_INLINE GateSum<D, G, A | B> mul_add(const Dual<D, A>& a, const Dual<D, B>& b, GateNames<G>) {
  return GateSum < D, G, A | B > (a * b);
}
template <class D, unsigned G, unsigned A, unsigned B, unsigned C>
HWY_INLINE GateSum<D, G, A | B | C> mul_add(const Dual<D, A>& a, const Dual<D, B>& b,
                                            const GateSum<D, G, C>& c) {
  return GateSum < D, G, A | B | C > (a * b + c.rest);
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

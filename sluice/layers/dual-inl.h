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

#include "sluice/layers/cell_kernel.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#include "sluice/cells/cell.h"

/// A pre-activation on its way into `m`; it has no arithmetic of its own.
template <class D, int K>
struct Raw {
  hn::Vec<D> v;
};

/// The same in replay: it has a derivative but no value, so that misuse does not compile.
template <int K>
struct GateName {};

constexpr int kMaxBits = max_gates + max_states;

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

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

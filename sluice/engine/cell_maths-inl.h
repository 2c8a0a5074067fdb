// What a cell's equations are evaluated with, for the instruction set being compiled: the maths
// that records going forward, the maths that replays going back, and the one that counts calls.
#if defined(SLUICE_CELL_MATHS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_CELL_MATHS_INL
#undef SLUICE_CELL_MATHS_INL
#else
#define SLUICE_CELL_MATHS_INL
#endif

#include <hwy/highway.h>

#include "sluice/engine/dual-inl.h"
#include "sluice/tensor/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// ---- Slots ----------------------------------------------------------------------------------

/// Numbers from one slot of a row of z to the next: a whole vector, also for a D of half a vector.
template <class D>
constexpr int slot_size = static_cast<int>(hn::MaxLanes(hn::ScalableTag<hn::TFromD<D>>()));

/// Writes a slot whole: behind half a vector come zeros.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void StoreSlot(D d, V v, hn::TFromD<D>* to) {
  hn::StoreU(v, d, to);
  constexpr int n = static_cast<int>(hn::MaxLanes(D()));
  if constexpr (n < slot_size<D>) hn::StoreU(hn::Zero(d), d, to + n);
}

// ---- The maths object -----------------------------------------------------------------------

/// The activations of a layer: fixed at compile time where they are the usual ones.
template <bool Usual>
struct Choice {
  CellSwitches switches;
  bool relu(CellSwitches::Activation which) const {
    return !Usual && which == CellSwitches::Activation::relu;
  }
  bool hard() const { return !Usual && switches.gate != CellSwitches::Gate::sigmoid; }
  bool update_sign() const { return !Usual && switches.update_sign; }
  bool clips() const { return !Usual && switches.clip != 0; }
  template <class D>
  HWY_INLINE hn::Vec<D> hard_slope(D d) const {
    using T = hn::TFromD<D>;
    const bool keras2 = switches.gate == CellSwitches::Gate::hard_sigmoid_keras2;
    return hn::Set(d, keras2 ? static_cast<T>(0.2) : static_cast<T>(1) / static_cast<T>(6));
  }

  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V gate(D d, V x) const {
    return hard() ? HardSigmoid(d, x, hard_slope(d)) : Sigmoid(d, x);
  }
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V squash(D d, V x, CellSwitches::Activation which) const {
    return relu(which) ? Relu(d, x) : Tanh(d, x);
  }
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V clipped(D d, V x) const {
    if (!clips()) return x;
    const auto most = static_cast<hn::TFromD<D>>(switches.clip);
    return AtLeast(d, AtMost(d, x, most), -most);
  }
};

/// The slope, or 0 where the input was clipped: there `value` is that of a bound, to the last bit.
/// Out of line: expanded at every gate it would be most of a cell's code, and few layers clip.
template <class D, class V = hn::Vec<D>>
HWY_NOINLINE V SlopeWithin(D d, Choice<false> choice, bool gate, V value, V slope) {
  const V most = hn::Set(d, static_cast<hn::TFromD<D>>(choice.switches.clip));
  const auto f = [&](V x) HWY_ATTR {
    return gate ? choice.gate(d, x) : choice.squash(d, x, choice.switches.activation);
  };
  const auto clipped = hn::Or(hn::Eq(value, f(most)), hn::Eq(value, f(hn::Neg(most))));
  return hn::IfThenZeroElse(clipped, slope);
}

/// What dropout multiplies the update and the new cell of one row's group with; null: nothing.
template <class T>
struct DropMasks {
  const T* update;
  const T* cell;
};
template <bool Plain, class D, unsigned Mask, class T>
HWY_INLINE Dual<D, Mask> Masked(const Dual<D, Mask>& a, const T* mask) {
  if (Plain || mask == nullptr) return a;
  return a * Dual<D, 0>(hn::LoadU(D(), mask));
}

/// exp(x), from 2^-126 on (float).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Exp(D d, V x) {
  constexpr hn::TFromD<D> most = sizeof(hn::TFromD<D>) == 4 ? 87 : 708;
  const ExpParts<V> e = SplitExp(d, AtLeast(d, AtMost(d, x, most), -most));
  return hn::MulAdd(e.scale, e.minus_one, e.scale);
}
/// log(1 + y) for y in [0, 1]: 2 artanh(s), s = y / (2 + y) <= 1/3, by its series.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V LogOfOneAnd(D d, V y) {
  using T = hn::TFromD<D>;
  constexpr int terms = sizeof(T) == 4 ? 8 : 17;  // the first left out is below half a last bit
  const V s = hn::Div(y, hn::Add(y, hn::Set(d, T{2}))), s2 = hn::Mul(s, s);
  V sum = hn::Zero(d);
  for (int k = terms - 1; k >= 0; --k)
    sum = hn::MulAdd(sum, s2, hn::Set(d, T{2} / static_cast<T>(2 * k + 1)));
  return hn::Mul(s, sum);
}
/// log(sigmoid(x)) = min(x, 0) - log(1 + exp(-|x|))
template <class D, class V = hn::Vec<D>>
HWY_INLINE V LogSigmoid(D d, V x) {
  return hn::Sub(AtMost(d, x, 0), LogOfOneAnd(d, Exp(d, hn::Neg(hn::Abs(x)))));
}

/// x + 1/2 from 0 on, below it sigmoid(x): positive, and without a step (Feng et al. 2024).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Positive(D d, V x) {
  const V half = hn::Set(d, hn::TFromD<D>{0.5});
  return hn::IfThenElse(hn::Ge(x, hn::Zero(d)), hn::Add(x, half), Sigmoid(d, x));
}

/// Forward: computes, and writes every result to the next slot of the record. `Plain`: without
/// masks; a type of its own, so that the equations are expanded where they are used once.
template <class D, bool Usual, bool Plain = false>
struct Record {
  using T = hn::TFromD<D>;
  using V = hn::Vec<D>;
  Choice<Usual> choice;
  T* HWY_RESTRICT record;
  DropMasks<T> masks = {};

  HWY_INLINE Dual<D, 0> keep_record(V v) {
    hn::Store(v, D(), record);
    record += slot_size<D>;
    return Dual<D, 0>(v);
  }
  template <class Z>
  HWY_INLINE auto linear(const Z& z) {
    return keep_record(z.v);
  }
  template <class Z>
  HWY_INLINE auto sigmoid(const Z& z) {
    return keep_record(Sigmoid(D(), z.v));
  }
  template <class Z>
  HWY_INLINE auto tanh(const Z& z) {
    return keep_record(Tanh(D(), z.v));
  }
  template <class Z>
  HWY_INLINE auto relu(const Z& z) {
    return keep_record(Relu(D(), z.v));
  }
  template <class Z>
  HWY_INLINE auto gate(const Z& z) {
    return keep_record(choice.gate(D(), choice.clipped(D(), z.v)));
  }
  template <class Z>
  HWY_INLINE auto activation(const Z& z) {
    const V x = choice.clipped(D(), z.v);
    return keep_record(choice.squash(D(), x, choice.switches.activation));
  }
  /// Not clipped: ONNX Runtime and OpenVINO leave the cell's way out alone.
  template <class Z>
  HWY_INLINE auto output_activation(const Z& z) {
    return keep_record(choice.squash(D(), z.v, choice.switches.output_activation));
  }
  template <class Z>
  HWY_INLINE auto exp(const Z& z) {
    return keep_record(Exp(D(), z.v));
  }
  template <class Z>
  HWY_INLINE auto log_sigmoid(const Z& z) {
    return keep_record(LogSigmoid(D(), z.v));
  }
  template <class Z>
  HWY_INLINE auto positive(const Z& z) {
    return keep_record(Positive(D(), z.v));
  }
  /// The factor of the old state: u, or 1 - u in the other convention.
  HWY_INLINE auto keep(const Dual<D, 0>& u) const {
    return choice.update_sign() ? one_minus(u) : u;
  }
  HWY_INLINE auto dropped_update(const Dual<D, 0>& a) const {
    return Masked<Plain>(a, masks.update);
  }
  HWY_INLINE auto dropped_cell(const Dual<D, 0>& a) const { return Masked<Plain>(a, masks.cell); }
};

/// Backward: reads every result back and multiplies the derivatives by the local slope.
template <class D, bool Usual, bool Plain = false>
struct Replay {
  using T = hn::TFromD<D>;
  using V = hn::Vec<D>;
  Choice<Usual> choice;
  const T* HWY_RESTRICT record;
  DropMasks<T> masks = {};

  HWY_INLINE V next() {
    const V v = hn::Load(D(), record);
    record += slot_size<D>;
    return v;
  }
  template <unsigned Gates>
  static HWY_INLINE Dual<D, Gates> chain(GateNames<Gates>, V v, V slope) {
    Dual<D, Gates> result(v);
    for (V& d : result.d) d = slope;
    return result;
  }
  template <unsigned Gates, unsigned Mask>
  static HWY_INLINE Dual<D, Gates | Mask> chain(const GateSum<D, Gates, Mask>& a, V v, V slope) {
    return add_gates<Gates>(chain(a.rest, v, slope), slope);
  }
  template <unsigned Mask>
  static HWY_INLINE Dual<D, Mask> chain(const Dual<D, Mask>& a, V v, V slope) {
    Dual<D, Mask> result;
    result.v = v;
    for (int i = 0; i < Dual<D, Mask>::count; ++i) result.d[i] = hn::Mul(a.d[i], slope);
    return result;
  }
  template <unsigned Gates, unsigned Mask>
  static HWY_INLINE Dual<D, Gates | Mask> add_gates(const Dual<D, Mask>& a, V slope) {
    Dual<D, Gates> own(hn::Zero(D()));
    for (V& d : own.d) d = slope;
    Dual<D, Gates | Mask> sum = a + own;
    sum.v = a.v;
    return sum;
  }
  static HWY_INLINE V one() { return hn::Set(D(), T{1}); }
  static HWY_INLINE V relu_slope(V v) {
    return hn::IfThenElseZero(hn::Gt(v, hn::Zero(D())), one());
  }
  static HWY_INLINE V tanh_slope(V v) { return hn::NegMulAdd(v, v, one()); }
  static HWY_INLINE V sigmoid_slope(V v) { return hn::NegMulAdd(v, v, v); }
  HWY_INLINE V hard_slope(V v) const {
    const auto inside = hn::And(hn::Gt(v, hn::Zero(D())), hn::Lt(v, one()));
    return hn::IfThenElseZero(inside, choice.hard_slope(D()));
  }
  HWY_INLINE V squash_slope(V v, CellSwitches::Activation which) const {
    return choice.relu(which) ? relu_slope(v) : tanh_slope(v);
  }
  HWY_INLINE V within(bool gate, V v, V slope) const {
    return choice.clips() ? SlopeWithin(D(), Choice<false>{choice.switches}, gate, v, slope)
                          : slope;
  }

  template <class Z>
  HWY_INLINE auto linear(const Z& z) {
    return chain(z, next(), one());
  }
  template <class Z>
  HWY_INLINE auto sigmoid(const Z& z) {
    const V v = next();
    return chain(z, v, sigmoid_slope(v));
  }
  template <class Z>
  HWY_INLINE auto tanh(const Z& z) {
    const V v = next();
    return chain(z, v, tanh_slope(v));
  }
  template <class Z>
  HWY_INLINE auto relu(const Z& z) {
    const V v = next();
    return chain(z, v, relu_slope(v));
  }
  template <class Z>
  HWY_INLINE auto gate(const Z& z) {
    const V v = next();
    return chain(z, v, within(true, v, choice.hard() ? hard_slope(v) : sigmoid_slope(v)));
  }
  template <class Z>
  HWY_INLINE auto activation(const Z& z) {
    const V v = next();
    return chain(z, v, within(false, v, squash_slope(v, choice.switches.activation)));
  }
  template <class Z>
  HWY_INLINE auto output_activation(const Z& z) {
    const V v = next();
    return chain(z, v, squash_slope(v, choice.switches.output_activation));
  }
  template <class Z>
  HWY_INLINE auto exp(const Z& z) {
    const V v = next();
    return chain(z, v, v);
  }
  template <class Z>
  HWY_INLINE auto log_sigmoid(const Z& z) {
    const V v = next();  // the slope is sigmoid(-z) = 1 - exp(v)
    return chain(z, v, hn::Sub(one(), Exp(D(), v)));
  }
  template <class Z>
  HWY_INLINE auto positive(const Z& z) {
    const V v = next();
    // Below 0 by less than a rounding counts as above.
    const auto straight = hn::Ge(v, hn::Set(D(), T{0.5}));
    return chain(z, v, hn::IfThenElse(straight, one(), sigmoid_slope(v)));
  }
  template <unsigned Mask>
  HWY_INLINE auto keep(const Dual<D, Mask>& u) const {
    return choice.update_sign() ? one_minus(u) : u;
  }
  template <unsigned Mask>
  HWY_INLINE auto dropped_update(const Dual<D, Mask>& a) const {
    return Masked<Plain>(a, masks.update);
  }
  template <unsigned Mask>
  HWY_INLINE auto dropped_cell(const Dual<D, Mask>& a) const {
    return Masked<Plain>(a, masks.cell);
  }
};

/// Counts the calls on `m`, which is how many slots a record needs, and follows what becomes of
/// messages: whether a slope hangs on the value of one.
struct Tally {
  int calls = 0;
  CellUses uses = {};
  bool message = false;  ///< this value hangs on a message's, and is not recorded
  bool needed = false;   ///< a slope of this value does
  constexpr Tally count(Tally z) {
    ++calls;
    Tally result;
    result.needed = z.needed;
    return result;
  }
  constexpr Tally count(Tally z, bool& use) {
    use = true;
    return count(z);
  }
  static constexpr Tally mark(Tally z, bool& use) {
    use = true;
    return z;
  }
  constexpr Tally linear(Tally z) { return count(z); }
  constexpr Tally sigmoid(Tally z) { return count(z); }
  constexpr Tally tanh(Tally z) { return count(z); }
  constexpr Tally exp(Tally z) { return count(z); }
  constexpr Tally log_sigmoid(Tally z) { return count(z); }
  constexpr Tally positive(Tally z) { return count(z, uses.kinks); }
  constexpr Tally relu(Tally z) { return count(z, uses.kinks); }
  constexpr Tally gate(Tally z) { return count(z, uses.gate); }
  constexpr Tally activation(Tally z) { return count(z, uses.activation); }
  constexpr Tally output_activation(Tally z) { return count(z, uses.output_activation); }
  constexpr Tally keep(Tally u) { return mark(u, uses.keep); }
  constexpr Tally dropped_update(Tally a) { return mark(a, uses.dropped_update); }
  constexpr Tally dropped_cell(Tally a) { return mark(a, uses.dropped_cell); }
  template <int K>
  constexpr Tally operator[](Index<K>) const {
    Tally each;
    each.message = message;
    return each;
  }
};
constexpr Tally operator+(Tally a, Tally b) {
  Tally sum;
  sum.message = a.message || b.message;
  sum.needed = a.needed || b.needed;
  return sum;
}
constexpr Tally operator-(Tally a, Tally b) { return a + b; }
constexpr Tally operator-(Tally a) { return a; }
constexpr Tally one_minus(Tally a) { return a; }
constexpr Tally operator*(Tally a, Tally b) {
  Tally product = a + b;
  product.needed = product.needed || product.message;
  return product;
}
constexpr Tally operator/(Tally a, Tally b) { return a * b; }
constexpr Tally max(Tally a, Tally b) { return a * b; }
constexpr Tally mul_add(Tally a, Tally b, Tally c) { return a * b + c; }
constexpr Tally where_zero(Tally a, Tally b, Tally c) { return a * b * c; }

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

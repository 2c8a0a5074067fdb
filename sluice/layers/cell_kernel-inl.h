// From a cell's equations to its forward and exact backward pass, for the instruction set being
// compiled. Forward records what each call on `m` returns; backward replays it on numbers that
// carry derivatives, with the sparsity of the derivatives known at compile time.
#if defined(SLUICE_CELL_KERNEL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_CELL_KERNEL_INL
#undef SLUICE_CELL_KERNEL_INL
#else
#define SLUICE_CELL_KERNEL_INL
#endif

#include <hwy/highway.h>
#include <iterator>
#include <type_traits>
#include <utility>

#include "sluice/layers/cell_kernel.h"
#include "sluice/layers/dual-inl.h"
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
  template <class D>
  HWY_INLINE hn::Vec<D> hard_slope(D d) const {
    using T = hn::TFromD<D>;
    const bool keras2 = switches.gate == CellSwitches::Gate::hard_sigmoid_keras2;
    return hn::Set(d, keras2 ? static_cast<T>(0.2) : static_cast<T>(1) / static_cast<T>(6));
  }
};

/// Forward: computes, and writes every result to the next slot of the record.
template <class D, bool Usual>
struct Record {
  using T = hn::TFromD<D>;
  using V = hn::Vec<D>;
  Choice<Usual> choice;
  T* HWY_RESTRICT record;

  HWY_INLINE Dual<D, 0> keep_record(V v) {
    hn::Store(v, D(), record);
    record += slot_size<D>;
    return Dual<D, 0>(v);
  }
  template <class Z>
  HWY_INLINE Dual<D, 0> squash(const Z& z, CellSwitches::Activation which) {
    return keep_record(choice.relu(which) ? Relu(D(), z.v) : Tanh(D(), z.v));
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
    return keep_record(choice.hard() ? HardSigmoid(D(), z.v, choice.hard_slope(D()))
                                     : Sigmoid(D(), z.v));
  }
  template <class Z>
  HWY_INLINE auto activation(const Z& z) {
    return squash(z, choice.switches.activation);
  }
  template <class Z>
  HWY_INLINE auto output_activation(const Z& z) {
    return squash(z, choice.switches.output_activation);
  }
  /// The factor of the old state: u, or 1 - u in the other convention.
  HWY_INLINE auto keep(const Dual<D, 0>& u) const {
    return choice.update_sign() ? one_minus(u) : u;
  }
};

/// Backward: reads every result back and multiplies the derivatives by the local slope.
template <class D, bool Usual>
struct Replay {
  using T = hn::TFromD<D>;
  using V = hn::Vec<D>;
  Choice<Usual> choice;
  const T* HWY_RESTRICT record;

  HWY_INLINE V next() {
    const V v = hn::Load(D(), record);
    record += slot_size<D>;
    return v;
  }
  template <int K>
  static HWY_INLINE Dual<D, (1u << K)> chain(GateName<K>, V v, V slope) {
    return {v, slope};
  }
  template <unsigned Mask>
  static HWY_INLINE Dual<D, Mask> chain(const Dual<D, Mask>& a, V v, V slope) {
    Dual<D, Mask> result;
    result.v = v;
    for (int i = 0; i < Dual<D, Mask>::count; ++i) result.d[i] = hn::Mul(a.d[i], slope);
    return result;
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
  template <class Z>
  HWY_INLINE auto squash(const Z& z, CellSwitches::Activation which) {
    const V v = next();
    return chain(z, v, choice.relu(which) ? relu_slope(v) : tanh_slope(v));
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
    return chain(z, v, choice.hard() ? hard_slope(v) : sigmoid_slope(v));
  }
  template <class Z>
  HWY_INLINE auto activation(const Z& z) {
    return squash(z, choice.switches.activation);
  }
  template <class Z>
  HWY_INLINE auto output_activation(const Z& z) {
    return squash(z, choice.switches.output_activation);
  }
  template <unsigned Mask>
  HWY_INLINE auto keep(const Dual<D, Mask>& u) const {
    return choice.update_sign() ? one_minus(u) : u;
  }
};

// ---- Reading and writing a row --------------------------------------------------------------

/// Counts the calls on `m`, which is how many slots a record needs.
struct Tally {
  int calls = 0;
  constexpr Tally count() {
    ++calls;
    return {};
  }
  constexpr Tally linear(Tally) { return count(); }
  constexpr Tally sigmoid(Tally) { return count(); }
  constexpr Tally tanh(Tally) { return count(); }
  constexpr Tally relu(Tally) { return count(); }
  constexpr Tally gate(Tally) { return count(); }
  constexpr Tally activation(Tally) { return count(); }
  constexpr Tally output_activation(Tally) { return count(); }
  constexpr Tally keep(Tally) const { return {}; }
  template <int K>
  constexpr Tally operator[](Index<K>) const {
    return {};
  }
};
constexpr Tally operator+(Tally, Tally) { return {}; }
constexpr Tally operator-(Tally, Tally) { return {}; }
constexpr Tally operator-(Tally) { return {}; }
constexpr Tally operator*(Tally, Tally) { return {}; }
constexpr Tally mul_add(Tally, Tally, Tally) { return {}; }
constexpr Tally one_minus(Tally) { return {}; }

template <class Cell>
constexpr int gate_count = static_cast<int>(std::size(Cell::gates));
template <class Cell>
constexpr int state_count = static_cast<int>(std::size(Cell::states));
template <class Cell>
constexpr bool has_message = requires(Tally m) { Cell::message(m, Tally(), Tally()); };

/// The pre-activations of one row, all read before the record overwrites them.
template <class D, int Gates>
struct GateRow {
  hn::Vec<D> v[Gates];
  HWY_INLINE GateRow(const hn::TFromD<D>* z) {
    for (int k = 0; k < Gates; ++k) v[k] = hn::Load(D(), z + k * slot_size<D>);
  }
  template <int K>
  HWY_INLINE Raw<D, K> operator[](Index<K>) const {
    return {v[K]};
  }
};

struct GateNames {
  template <int K>
  constexpr GateName<K> operator[](Index<K>) const {
    return {};
  }
};

/// The old states of one row; with derivatives where Gates is not negative.
template <class D, int States, int Gates>
struct StateRow {
  hn::Vec<D> v[States];
  HWY_INLINE StateRow(const PointwiseTask<hn::TFromD<D>>& t, int row) {
    for (int k = 0; k < States; ++k) v[k] = hn::LoadU(D(), t.old_state[k] + row * t.old_stride[k]);
  }
  template <int K>
  HWY_INLINE auto operator[](Index<K>) const {
    if constexpr (Gates < 0)
      return Dual<D, 0>(v[K]);
    else
      return Dual<D, (1u << (Gates + K))>(v[K], hn::Set(D(), hn::TFromD<D>{1}));
  }
};

template <class D, class A>
HWY_INLINE void StoreStates(const PointwiseTask<hn::TFromD<D>>& t, int row,
                            const NextStates<A>& next) {
  hn::StoreU(next.first.v, D(), t.new_state[0] + row * t.new_stride[0]);
}
template <class D, class A, class B>
HWY_INLINE void StoreStates(const PointwiseTask<hn::TFromD<D>>& t, int row,
                            const NextStates<A, B>& next) {
  hn::StoreU(next.first.v, D(), t.new_state[0] + row * t.new_stride[0]);
  hn::StoreU(next.second.v, D(), t.new_state[1] + row * t.new_stride[1]);
}

template <class D, bool Usual, class Cell>
void Forward(const PointwiseTask<hn::TFromD<D>>& t) {
  const Choice<Usual> choice{t.switches};
  for (int row = 0; row < t.rows; ++row) {
    auto* z = t.z + row * t.z_stride;
    const GateRow<D, gate_count<Cell>> gates(z);
    const StateRow<D, state_count<Cell>, -1> states(t, row);
    Record<D, Usual> m{choice, z};
    StoreStates<D>(t, row, Cell::step(m, gates, states));
  }
}

/// Where the message's record begins: behind the gates and the step's record.
template <class Cell>
constexpr int message_slot = [] {
  Tally m;
  (void)Cell::step(m, Tally(), Tally());
  return m.calls > gate_count<Cell> ? m.calls : gate_count<Cell>;
}();
template <class Cell>
constexpr int slot_count = [] {
  Tally m;
  if constexpr (has_message<Cell>) (void)Cell::message(m, Tally(), Tally());
  return message_slot<Cell> + m.calls;
}();

template <class D, bool Usual, class Cell>
void Message(const PointwiseTask<hn::TFromD<D>>& t) {
  const Choice<Usual> choice{t.switches};
  for (int row = 0; row < t.rows; ++row) {
    auto* z = t.z + row * t.z_stride;
    const GateRow<D, gate_count<Cell>> gates(z);
    const StateRow<D, state_count<Cell>, -1> states(t, row);
    Record<D, Usual> m{choice, z + message_slot<Cell> * slot_size<D>};
    const auto q = Cell::message(m, gates, states);
    hn::StoreU(q.v, D(), t.message + row * t.message_stride);
  }
}

/// The gradient by input `Bit`, gathered from the results that depend on it.
template <int Bit, class V, class A>
HWY_INLINE void Gather(V& sum, bool& any, const A& result, const V& grad) {
  if constexpr (A::template has<Bit>) {
    sum = any ? hn::MulAdd(grad, result.template slope<Bit>(), sum)
              : hn::Mul(grad, result.template slope<Bit>());
    any = true;
  }
}
template <int Bit, class V, class A>
HWY_INLINE V GatherAll(bool& any, const NextStates<A>& next, const V* grads) {
  V sum = grads[0];
  Gather<Bit>(sum, any, next.first, grads[0]);
  return sum;
}
template <int Bit, class V, class A, class B>
HWY_INLINE V GatherAll(bool& any, const NextStates<A, B>& next, const V* grads) {
  V sum = grads[0];
  Gather<Bit>(sum, any, next.first, grads[0]);
  Gather<Bit>(sum, any, next.second, grads[1]);
  return sum;
}

template <class A>
constexpr unsigned mask_of = 0;
template <class D, unsigned M>
constexpr unsigned mask_of<Dual<D, M>> = M;
template <class A>
constexpr unsigned mask_of<NextStates<A>> = mask_of<A>;
template <class A, class B>
constexpr unsigned mask_of<NextStates<A, B>> = mask_of<A> | mask_of<B>;

/// One row; the gate gradients take the place of the record's first slots.
template <class D, bool Usual, class Cell>
HWY_INLINE void BackwardRow(const PointwiseTask<hn::TFromD<D>>& t, int row) {
  using V = hn::Vec<D>;
  constexpr int gates = gate_count<Cell>, states = state_count<Cell>;
  const D d;
  auto* z = t.z + row * t.z_stride;
  const StateRow<D, states, gates> old(t, row);
  Replay<D, Usual> m{{t.switches}, z};
  const auto next = Cell::step(m, GateNames(), old);
  V grads[states];
  for (int k = 0; k < states; ++k)
    grads[k] = hn::LoadU(d, t.grad_state[k] + row * t.grad_stride[k]);
  if (t.add) grads[0] = hn::Add(grads[0], hn::LoadU(d, t.add + row * t.add_stride));
  ForBits<(1u << gates) - 1>([&]<int K>(Index<K>) HWY_ATTR {
    bool any = false;
    const V g = GatherAll<K>(any, next, grads);
    StoreSlot(d, any ? g : hn::Zero(d), z + K * slot_size<D>);
  });
  ForBits<(1u << states) - 1>([&]<int K>(Index<K>) HWY_ATTR {
    bool any = false;
    V g = GatherAll<gates + K>(any, next, grads);
    if (!any) g = hn::Zero(d);
    hn::StoreU(g, d, t.grad_state[K] + row * t.grad_stride[K]);
  });
}

template <class D, bool Usual, class Cell>
void Backward(const PointwiseTask<hn::TFromD<D>>& t) {
  for (int row = 0; row < t.rows; ++row) BackwardRow<D, Usual, Cell>(t, row);
}

template <class D, bool Usual, class Cell>
void MessageBackward(const PointwiseTask<hn::TFromD<D>>& t) {
  using V = hn::Vec<D>;
  constexpr int gates = gate_count<Cell>, states = state_count<Cell>;
  const D d;
  const Choice<Usual> choice{t.switches};
  for (int row = 0; row < t.rows; ++row) {
    auto* z = t.z + row * t.z_stride;
    const StateRow<D, states, gates> old(t, row);
    Replay<D, Usual> m{choice, z + message_slot<Cell> * slot_size<D>};
    const auto q = Cell::message(m, GateNames(), old);
    const V grad = hn::LoadU(d, t.message + row * t.message_stride);
    constexpr unsigned mask = mask_of<std::remove_cvref_t<decltype(q)>>;
    ForBits<mask>([&]<int K>(Index<K>) HWY_ATTR {
      auto* to = K < gates ? z + K * slot_size<D>
                           : t.grad_state[K - gates] + row * t.grad_stride[K - gates];
      hn::StoreU(hn::MulAdd(grad, q.template slope<K>(), hn::LoadU(d, to)), d, to);
    });
  }
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

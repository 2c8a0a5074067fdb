// From a cell's equations to its forward and exact backward pass, for the instruction set being
// compiled. Forward records what each call on `m` returns; backward replays it on numbers that
// carry derivatives, with the sparsity of the derivatives known at compile time.
#if defined(SLUICE_CELL_KERNEL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_CELL_KERNEL_INL
#undef SLUICE_CELL_KERNEL_INL
#else
#define SLUICE_CELL_KERNEL_INL
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>
#include <type_traits>

#include "sluice/engine/cell_facts-inl.h"
#include "sluice/engine/cell_kernel.h"
#include "sluice/engine/cell_maths-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// ---- Reading and writing a row --------------------------------------------------------------

template <class Cell, class T>
HWY_INLINE T* RecordOf(const PointwiseTask<T>& t, int row) {
  if constexpr (record_apart<Cell>) return t.record + row * t.record_stride;
  return t.z + row * t.z_stride;
}

/// The pre-activations of one row, all read before the record overwrites them.
template <class D, int Gates>
struct GateRow {
  hn::Vec<D> v[Gates];
  HWY_INLINE GateRow(const hn::TFromD<D>* z) {
    for (int k = 0; k < Gates; ++k) v[k] = hn::Load(D(), z + k * slot_size<D>);
  }
  template <int K>
  HWY_INLINE PreActivation<D> operator[](Index<K>) const {
    return {v[K]};
  }
};

/// The old states and, behind them, memories of the layer below.
template <class D, class Cell, int Bit>
HWY_INLINE Inputs<D, old_count<Cell>, Bit> OldStates(const PointwiseTask<hn::TFromD<D>>& t,
                                                     int row) {
  constexpr int states = state_count<Cell>;
  Inputs<D, old_count<Cell>, Bit> in;
  for (int k = 0; k < states; ++k) in.v[k] = hn::LoadU(D(), t.old_state[k] + row * t.old_stride[k]);
  for (int k = 0; k < below_count<Cell>; ++k)
    in.v[states + k] = hn::LoadU(D(), t.below[k] + row * t.below_stride[k]);
  return in;
}
template <class D, int Count, int Bit>
HWY_INLINE Inputs<D, Count, Bit> UnitValues(const PointwiseTask<hn::TFromD<D>>& t) {
  Inputs<D, Count, Bit> in;
  for (int k = 0; k < Count; ++k) in.v[k] = hn::LoadU(D(), t.units + k * slot_size<D>);
  return in;
}
template <class D, int Count, int Bit>
HWY_INLINE Inputs<D, Count, Bit> MessageValues(const PointwiseTask<hn::TFromD<D>>& t, int row) {
  Inputs<D, Count, Bit> in;
  for (int k = 0; k < Count; ++k) in.v[k] = hn::LoadU(D(), t.message[k] + row * t.message_stride);
  return in;
}
/// Whether dropout multiplies something, or old states stay.
template <class T>
HWY_INLINE bool HasMasks(const PointwiseTask<T>& t) {
  bool any = t.update_mask || t.cell_mask;
  for (const T* select : t.select) any = any || select;
  return any;
}
template <class T>
HWY_INLINE DropMasks<T> MasksOf(const PointwiseTask<T>& t, int row) {
  const auto at = [&](const T* mask) { return mask ? mask + row * t.mask_stride : nullptr; };
  return {at(t.update_mask), at(t.cell_mask)};
}

/// The new state, the old one, or something between, as t.select says. A unit at rest may hold
/// anything in its new state.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Selected(const PointwiseTask<hn::TFromD<D>>& t, int k, int row, V now, V old) {
  if (t.select[k] == nullptr) return now;
  const D d;
  const V m = hn::LoadU(d, t.select[k] + row * t.select_stride);
  const V mean = hn::MulAdd(m, hn::Sub(now, old), old);
  return hn::IfThenElse(hn::Eq(m, hn::Zero(d)), old,
                        hn::IfThenElse(hn::Eq(m, hn::Set(d, hn::TFromD<D>{1})), now, mean));
}
/// The new states, a row apart, and the outputs, which nothing holds back.
template <class D, int States, bool Plain, int I = 0, class S>
HWY_INLINE void StoreStates(const PointwiseTask<hn::TFromD<D>>&, int, const S&, const Values<>&) {}
template <class D, int States, bool Plain, int I = 0, class S, class A, class... Rest>
HWY_INLINE void StoreStates(const PointwiseTask<hn::TFromD<D>>& t, int row, const S& old,
                            const Values<A, Rest...>& all) {
  auto now = all.first.v;
  if constexpr (!Plain && I < States) now = Selected<D>(t, I, row, now, old.v[I]);
  hn::StoreU(now, D(), t.new_state[I] + row * t.new_stride[I]);
  StoreStates<D, States, Plain, I + 1>(t, row, old, all.rest);
}

/// Value I of several to to[I], a row apart.
template <class D, int I = 0, class T>
HWY_INLINE void StoreValues(const Values<>&, T* const*, const ptrdiff_t*, int) {}
template <class D, int I = 0, class T, class A, class... Rest>
HWY_INLINE void StoreValues(const Values<A, Rest...>& all, T* const* to, const ptrdiff_t* stride,
                            int row) {
  hn::StoreU(all.first.v, D(), to[I] + row * stride[I]);
  StoreValues<D, I + 1>(all.rest, to, stride, row);
}

template <class D, bool Usual, bool Plain, class Cell>
HWY_INLINE void ForwardRows(const PointwiseTask<hn::TFromD<D>>& t) {
  const Choice<Usual> choice{t.switches};
  const auto units = UnitValues<D, unit_count<Cell>, -1>(t);
  for (int row = 0; row < t.rows; ++row) {
    auto* z = t.z + row * t.z_stride;
    const GateRow<D, gate_count<Cell>> gates(z);
    const auto states = OldStates<D, Cell, -1>(t, row);
    const auto messages = MessageValues<D, message_count<Cell>, -1>(t, row);
    Record<D, Usual, Plain> m{choice, RecordOf<Cell>(t, row), MasksOf(t, row)};
    const auto next = StepOf<Cell>(m, gates, states, units, messages);
    StoreStates<D, state_count<Cell>, Plain>(t, row, states, next);
  }
}

/// Were every row to ask for masks, a cheap cell would take an eighth longer.
template <class D, bool Usual, class Cell>
HWY_FLATTEN void Forward(const PointwiseTask<hn::TFromD<D>>& t) {
  if (Usual && !HasMasks(t)) return ForwardRows<D, Usual, Usual, Cell>(t);
  ForwardRows<D, Usual, false, Cell>(t);
}

template <class D, bool Usual, class Cell>
HWY_FLATTEN void Message(const PointwiseTask<hn::TFromD<D>>& t) {
  const Choice<Usual> choice{t.switches};
  const auto units = UnitValues<D, unit_count<Cell>, -1>(t);
  ptrdiff_t stride[max_messages];
  for (ptrdiff_t& s : stride) s = t.message_stride;
  for (int row = 0; row < t.rows; ++row) {
    auto* z = t.z + row * t.z_stride;
    const GateRow<D, gate_count<Cell>> gates(z);
    const auto states = OldStates<D, Cell, -1>(t, row);
    auto* const record = RecordOf<Cell>(t, row) + message_slot<Cell> * slot_size<D>;
    Record<D, Usual> m{choice, record, MasksOf(t, row)};
    StoreValues<D>(MessageOf<Cell>(m, gates, states, units), t.message, stride, row);
  }
}

/// The gradient by input `Bit`, gathered from the results that depend on it.
template <int Bit, class V>
HWY_INLINE void Gather(V&, bool&, const Values<>&, const V*) {}
template <int Bit, class V, class A, class... Rest>
HWY_INLINE void Gather(V& sum, bool& any, const Values<A, Rest...>& results, const V* grads) {
  if constexpr (A::template has<Bit>) {
    sum = any ? hn::MulAdd(*grads, results.first.template slope<Bit>(), sum)
              : hn::Mul(*grads, results.first.template slope<Bit>());
    any = true;
  }
  Gather<Bit>(sum, any, results.rest, grads + 1);
}
template <int Bit, class D, class R, class V>
HWY_INLINE V GatherAll(D d, const R& results, const V* grads) {
  bool any = false;
  V sum = grads[0];
  Gather<Bit>(sum, any, results, grads);
  return any ? sum : hn::Zero(d);
}

/// The sums over rows of a group's per-unit gradients.
template <class D, int Count>
struct UnitGradients {
  hn::Vec<D> v[Count > 0 ? Count : 1];
  HWY_INLINE explicit UnitGradients(const PointwiseTask<hn::TFromD<D>>& t) {
    for (int k = 0; k < Count; ++k) v[k] = hn::LoadU(D(), t.grad_units + k * slot_size<D>);
  }
  HWY_INLINE void store(const PointwiseTask<hn::TFromD<D>>& t) const {
    for (int k = 0; k < Count; ++k) hn::StoreU(v[k], D(), t.grad_units + k * slot_size<D>);
  }
};

/// Cuts a new state's gradient to the equations' part of it; returns the old state's.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V SplitGradient(const PointwiseTask<hn::TFromD<D>>& t, int k, int row, V& grad) {
  const D d;
  if (t.select[k] == nullptr) return hn::Zero(d);
  const V m = hn::LoadU(d, t.select[k] + row * t.select_stride);
  const V past = hn::NegMulAdd(m, grad, grad);
  grad = hn::Mul(m, grad);
  return past;
}

/// The gradient of memory K of the layer below, alone or added to what is there.
template <class D, int K, bool Add, class V = hn::Vec<D>>
HWY_INLINE void StoreBelow(const PointwiseTask<hn::TFromD<D>>& t, int row, V grad) {
  const D d;
  if (t.grad_below[K] == nullptr) return;
  auto* const to = t.grad_below[K] + row * t.grad_below_stride[K];
  hn::StoreU(Add ? hn::Add(hn::LoadU(d, to), grad) : grad, d, to);
}

/// One row; the gate gradients take the place of the pre-activations.
template <class D, bool Usual, bool Plain, class Cell, class Units>
HWY_INLINE void BackwardRow(const PointwiseTask<hn::TFromD<D>>& t, int row, Units& unit_grads) {
  using V = hn::Vec<D>;
  constexpr int gates = gate_count<Cell>, states = state_count<Cell>, values = value_count<Cell>;
  const D d;
  auto* z = t.z + row * t.z_stride;
  const auto old = OldStates<D, Cell, state_bit<Cell>>(t, row);
  const auto units = UnitValues<D, unit_count<Cell>, unit_bit<Cell>>(t);
  const auto messages = MessageValues<D, message_count<Cell>, message_bit<Cell>>(t, row);
  Replay<D, Usual, Plain> m{{t.switches}, RecordOf<Cell>(t, row), MasksOf(t, row)};
  const auto next = StepOf<Cell>(m, GateReplay(), old, units, messages);
  V grads[values];
  for (int k = 0; k < values; ++k) {
    grads[k] = k < states ? hn::LoadU(d, t.grad_state[k] + row * t.grad_stride[k]) : hn::Zero(d);
    if (t.add[k]) {
      const auto* const add = t.add[k] + t.add_row(row);
      grads[k] = hn::Add(grads[k], hn::LoadU(d, add));
      if (t.add_rows) hwy::Prefetch(add + t.add_next);
    }
  }
  V past[states];  // what reaches the old states without passing the equations
  for (int k = 0; k < states; ++k)
    past[k] = Plain ? hn::Zero(d) : SplitGradient<D>(t, k, row, grads[k]);
  ForBits<((1u << gates) - 1) & (step_bits<Cell> | ~message_bits<Cell>)>(
      [&]<int K>(Index<K>)
          HWY_ATTR { StoreSlot(d, GatherAll<K>(d, next, grads), z + K * slot_size<D>); });
  ForBits<(1u << states) - 1>([&]<int K>(Index<K>) HWY_ATTR {
    V grad = GatherAll<state_bit<Cell> + K>(d, next, grads);
    if (!Plain) grad = hn::Add(grad, past[K]);
    hn::StoreU(grad, d, t.grad_state[K] + row * t.grad_stride[K]);
  });
  ForBits<(1u << below_count<Cell>)-1>([&]<int K>(Index<K>) HWY_ATTR {
    StoreBelow<D, K, false>(t, row, GatherAll<below_bit<Cell> + K>(d, next, grads));
  });
  ForBits<(1u << unit_count<Cell>)-1>([&]<int K>(Index<K>) HWY_ATTR {
    unit_grads.v[K] = hn::Add(unit_grads.v[K], GatherAll<unit_bit<Cell> + K>(d, next, grads));
  });
  ForBits<(1u << message_count<Cell>)-1>([&]<int K>(Index<K>) HWY_ATTR {
    if constexpr ((mask_of < std::remove_cvref_t < decltype(next) >>>> (message_bit<Cell> + K)) & 1)
      hn::StoreU(GatherAll<message_bit<Cell> + K>(d, next, grads), d,
                 t.grad_message[K] + row * t.message_stride);
  });
}

template <class D, bool Usual, bool Plain, class Cell>
HWY_INLINE void ReplayRows(const PointwiseTask<hn::TFromD<D>>& t) {
  UnitGradients<D, unit_count<Cell>> units(t);
  for (int row = 0; row < t.rows; ++row) BackwardRow<D, Usual, Plain, Cell>(t, row, units);
  units.store(t);
}

template <class D, bool Usual, class Cell>
HWY_FLATTEN void Backward(const PointwiseTask<hn::TFromD<D>>& t) {
  if (Usual && !HasMasks(t)) return ReplayRows<D, Usual, Usual, Cell>(t);
  ReplayRows<D, Usual, false, Cell>(t);
}

template <class D, bool Usual, class Cell>
HWY_FLATTEN void MessageBackward(const PointwiseTask<hn::TFromD<D>>& t) {
  using V = hn::Vec<D>;
  constexpr int gates = gate_count<Cell>;
  const D d;
  const Choice<Usual> choice{t.switches};
  const auto units = UnitValues<D, unit_count<Cell>, unit_bit<Cell>>(t);
  UnitGradients<D, unit_count<Cell>> unit_grads(t);
  for (int row = 0; row < t.rows; ++row) {
    auto* z = t.z + row * t.z_stride;
    const auto old = OldStates<D, Cell, state_bit<Cell>>(t, row);
    const auto* const record = RecordOf<Cell>(t, row) + message_slot<Cell> * slot_size<D>;
    Replay<D, Usual> m{choice, record, MasksOf(t, row)};
    const auto results = MessageOf<Cell>(m, GateReplay(), old, units);
    V grads[message_count<Cell>];
    for (int k = 0; k < message_count<Cell>; ++k)
      grads[k] = hn::LoadU(d, t.grad_message[k] + row * t.message_stride);
    constexpr unsigned mask = mask_of<std::remove_cvref_t<decltype(results)>>;
    ForBits<mask>([&]<int K>(Index<K>) HWY_ATTR {
      const V grad = GatherAll<K>(d, results, grads);
      if constexpr (K >= unit_bit<Cell>) {
        V& sum = unit_grads.v[K - unit_bit<Cell>];
        sum = hn::Add(sum, grad);
      } else if constexpr (K >= below_bit<Cell>) {
        StoreBelow<D, K - below_bit<Cell>, true>(t, row, grad);
      } else {
        auto* to = K < gates ? z + K * slot_size<D>
                             : t.grad_state[K - gates] + row * t.grad_stride[K - gates];
        constexpr bool first = K < gates && (step_bits<Cell> >> K & 1) == 0;
        hn::StoreU(first ? grad : hn::Add(hn::LoadU(d, to), grad), d, to);
      }
    });
  }
  unit_grads.store(t);
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

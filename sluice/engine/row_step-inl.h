// The step of row_step.h, from a cell's equations, for the instruction set being compiled.
#if defined(SLUICE_ROW_STEP_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_ROW_STEP_INL
#undef SLUICE_ROW_STEP_INL
#else
#define SLUICE_ROW_STEP_INL
#endif

#include "sluice/engine/cell_kernel-inl.h"
#include "sluice/engine/cell_layout.h"
#include "sluice/engine/row_step.h"
#include "sluice/tensor/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {

/// The gates that read `Source`, as CellLayout finds them: side by side, in balanced panels.
template <class Cell, int Source>
struct Reading {
  static constexpr int first = [] {
    int k = 0;
    while (k < gate_count<Cell> && (Cell::gates[k].reads & Source) == 0) ++k;
    return k;
  }();
  static constexpr int count = [] {
    int found = 0;
    for (const GateSpec& gate : Cell::gates) found += (gate.reads & Source) != 0;
    return found;
  }();
  static constexpr Piece panel(int column) { return piece_of(column, count, kWidestPanel); }
};

/// The gates' pre-activations, the chains of all of them growing side by side.
template <class D, class Cell>
struct GateSums {
  using T = hn::TFromD<D>;
  static constexpr int n = slot_size<D>;
  hn::Vec<D> v[gate_count<Cell>];

  HWY_INLINE explicit GateSums(const T* start) {
    for (int k = 0; k < gate_count<Cell>; ++k) v[k] = hn::Load(D(), start + k * n);
  }
  template <int Source>
  HWY_INLINE void add(const T* HWY_RESTRICT a, const T* HWY_RESTRICT weights, int depth) {
    using R = Reading<Cell, Source>;
    HWY_UNROLL(1)
    for (ptrdiff_t k = 0; k < depth; ++k) {
      const auto x = hn::Set(D(), a[k]);
      ForBits<(1u << R::count) - 1>([&]<int C>(Index<C>) HWY_ATTR {
        constexpr Piece panel = R::panel(C);
        const T* row = weights + ptrdiff_t{panel.first * n} * depth + k * (panel.size * n);
        auto& sum = v[R::first + C];
        sum = hn::MulAdd(x, hn::Load(D(), row + (C - panel.first) * n), sum);
      });
    }
  }
  template <int K>
  HWY_INLINE PreActivation<D> operator[](Index<K>) const {
    return {v[K]};
  }
};

template <class Cell, class T>
HWY_INLINE void MoveForward(RowTask<T>& t) {
  if (--t.left == 0) return;
  t.z += t.z_step;
  t.x += t.x_step;
  t.old_state[0] = t.new_state[0];
  t.old_stride[0] = t.h_row;
  t.new_state[0] += t.h_step;
  if (t.two) t.h_step = -t.h_step;
  for (int k = 1; k < state_count<Cell>; ++k) {
    t.old_state[k] += t.state_step;
    t.new_state[k] += t.state_step;
  }
  t.reads_hidden = true;
  if (t.active) t.rows = *++t.active;
}

template <class D, class Cell>
HWY_INLINE void ForwardStep(RowTask<hn::TFromD<D>>& t) {
  for (int row = 0; row < t.rows; ++row) {
    GateSums<D, Cell> z(t.start);
    z.template add<X>(t.x + row * t.x_row, t.weights[0], t.input_size);
    if (t.reads_hidden)
      z.template add<H>(t.old_state[0] + row * t.old_stride[0], t.weights[1], t.hidden_size);
    const auto states = OldStates<D, Cell, -1>(t, row);
    Record<D, true, true> m{{t.switches}, t.z + row * t.z_stride};
    StoreValues<D>(Cell::step(m, z, states), t.new_state, t.new_stride, row);
  }
  MoveForward<Cell>(t);
}

/// The layers' next `steps` steps, each layer one behind the one before.
template <auto Step, class T>
HWY_INLINE void InWave(RowTask<T>* const* layers, int count, int steps) {
  for (int now = 0; now < steps + count - 1; ++now)
    for (int i = HWY_MAX(0, now - steps + 1); i < HWY_MIN(now + 1, count); ++i) Step(*layers[i]);
}

template <class D, class Cell, class T = hn::TFromD<D>>
void RowForward(RowTask<T>* const* layers, int count, int steps) {
  InWave<ForwardStep<D, Cell>>(layers, count, steps);
}

/// The sum of v[first] to v[first + count - 1], by halves.
template <int First, int Count, class V>
HWY_INLINE V SumOf(const V* v) {
  if constexpr (Count == 1)
    return v[First];
  else
    return hn::Add(SumOf<First, Count / 2>(v), SumOf<First + Count / 2, Count - Count / 2>(v));
}

/// Gate gradients of a row times the transposed weights: a chain for each gate, then added up.
template <class D, class Cell, int Source>
struct TransposedSum {
  using T = hn::TFromD<D>;
  using R = Reading<Cell, Source>;
  static constexpr int n = slot_size<D>;
  hn::Vec<D> v[R::count];

  HWY_INLINE TransposedSum() {
    for (auto& sum : v) sum = hn::Zero(D());
  }
  /// Unit u of every gate; `transposed` is that unit's row of the first gate.
  template <class Units>
  HWY_INLINE void add(const Units& dz, const T* transposed) {
    ForBits<(1u << R::count) - 1>([&]<int C>(Index<C>) HWY_ATTR {
      v[C] = hn::MulAdd(dz[R::first + C], hn::Load(D(), transposed + C * n * n), v[C]);
    });
  }
  HWY_INLINE hn::Vec<D> total() const { return SumOf<0, R::count>(v); }
};

/// The first `columns` lanes of v; behind them other rows may begin.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreColumns(hn::Vec<D> v, int columns, T* to) {
  constexpr int n = static_cast<int>(hn::MaxLanes(D()));
  if (columns >= slot_size<D>) return StoreSlot(D(), v, to);
  if constexpr (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2)  // elsewhere it writes behind them
    return hn::BlendedStore(v, hn::FirstN(D(), static_cast<size_t>(columns)), D(), to);
  HWY_ALIGN T all[n];
  hn::Store(v, D(), all);
  for (int i = 0; i < columns; ++i) to[i] = all[i];
}

/// The gradients of the old hidden state and, with Dx, of the input, by way of the products.
template <class D, class Cell, bool Dx>
HWY_INLINE void BackwardProducts(const RowTask<hn::TFromD<D>>& t, int row) {
  constexpr int gates = gate_count<Cell>, n = slot_size<D>;
  const D d;
  const auto* HWY_RESTRICT z = t.z + row * t.z_stride;
  const auto* HWY_RESTRICT to_input = t.transposed[0];
  const auto* HWY_RESTRICT to_hidden = t.transposed[1];
  TransposedSum<D, Cell, H> hidden;
  TransposedSum<D, Cell, X> input;
  HWY_UNROLL(1)
  for (ptrdiff_t u = 0; u < t.hidden_size; ++u) {
    hn::Vec<D> dz[gates];
    ForBits<(1u << gates) - 1>([&]<int K>(Index<K>) HWY_ATTR { dz[K] = hn::Set(d, z[K * n + u]); });
    hidden.add(dz, to_hidden + u * n);
    if constexpr (Dx) input.add(dz, to_input + u * n);
  }
  auto* dh = t.grad_state[0] + row * t.grad_stride[0];
  hn::StoreU(hn::Add(hn::LoadU(d, dh), hidden.total()), d, dh);
  if constexpr (Dx) StoreColumns<D>(input.total(), t.dx_columns, t.dx + row * t.dx_row);
}

template <class Cell, class T>
HWY_INLINE void MoveBackward(RowTask<T>& t) {
  if (--t.left == 0) return;
  t.z -= t.z_step;
  t.add[0] -= t.add_step;
  t.dx -= t.dx_step;
  for (int k = 1; k < state_count<Cell>; ++k) t.old_state[k] -= t.state_step;
  if (t.left > 1) {
    t.old_state[0] -= t.h_step;
  } else {
    t.old_state[0] = t.h_first;
    t.old_stride[0] = t.h_first_row;
  }
  if (t.active) t.rows = *--t.active;
}

template <class D, class Cell>
HWY_INLINE void BackwardStep(RowTask<hn::TFromD<D>>& t) {
  UnitGradients<D, 0> no_units(t);
  for (int row = 0; row < t.rows; ++row) {
    BackwardRow<D, true, true, Cell>(t, row, no_units);
    if (t.dx)
      BackwardProducts<D, Cell, true>(t, row);
    else
      BackwardProducts<D, Cell, false>(t, row);
  }
  MoveBackward<Cell>(t);
}

template <class D, class Cell, class T = hn::TFromD<D>>
void RowBackward(RowTask<T>* const* layers, int count, int steps) {
  InWave<BackwardStep<D, Cell>>(layers, count, steps);
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

// What a cell's declaration says at compile time: how much of everything it has, what it records,
// and which of its results hang on what.
#if defined(SLUICE_CELL_FACTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_CELL_FACTS_INL
#undef SLUICE_CELL_FACTS_INL
#else
#define SLUICE_CELL_FACTS_INL
#endif

#include <iterator>
#include <utility>

#include "sluice/engine/cell_kernel.h"
#include "sluice/engine/cell_maths-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class Cell>
constexpr int gate_count = static_cast<int>(std::size(Cell::gates));
template <class Cell>
constexpr int state_count = static_cast<int>(std::size(Cell::states));
/// Memories of the layer below, which the equations find behind the old states.
template <class Cell>
constexpr int below_count = [] {
  if constexpr (requires { Cell::below; })
    return static_cast<int>(std::size(Cell::below));
  else
    return 0;
}();
template <class Cell>
constexpr int old_count = state_count<Cell> + below_count<Cell>;
template <class Cell>
constexpr bool has_message = requires { Cell::messages; };
template <class Cell>
constexpr int message_count = [] {
  if constexpr (has_message<Cell>)
    return static_cast<int>(std::size(Cell::messages));
  else
    return 0;
}();
template <class Cell>
constexpr int unit_count = [] {
  if constexpr (requires { Cell::units; })
    return static_cast<int>(std::size(Cell::units));
  else
    return 0;
}();
/// States and outputs: what a step returns.
template <class Cell>
constexpr int value_count = state_count<Cell> + [] {
  if constexpr (requires { Cell::outputs; })
    return static_cast<int>(std::size(Cell::outputs));
  else
    return 0;
}();
/// Whether what is recorded has memory of its own and z is reused: where the pre-activations are
/// kept in another form, normalised. Else the record takes their place in z.
template <class Cell>
constexpr bool record_apart = requires { Cell::norms; };

/// Where a cell's inputs stand among the derivatives.
template <class Cell>
constexpr int state_bit = gate_count<Cell>;
template <class Cell>
constexpr int below_bit = state_bit<Cell> + state_count<Cell>;
template <class Cell>
constexpr int unit_bit = below_bit<Cell> + below_count<Cell>;
template <class Cell>
constexpr int message_bit = unit_bit<Cell> + unit_count<Cell>;

/// The cell's functions, with as many of the inputs as they take.
template <class Cell, class M, class Z, class S, class P, class Q>
HWY_INLINE constexpr auto StepOf(M& m, const Z& z, const S& s, const P& p, const Q& q) {
  if constexpr (requires { Cell::step(m, z, s); })
    return Cell::step(m, z, s);
  else if constexpr (requires { Cell::step(m, z, s, p); })
    return Cell::step(m, z, s, p);
  else
    return Cell::step(m, z, s, p, q);
}
template <class Cell, class M, class Z, class S, class P>
HWY_INLINE constexpr auto MessageOf(M& m, const Z& z, const S& s, const P& p) {
  if constexpr (requires { Cell::message(m, z, s); })
    return Cell::message(m, z, s);
  else
    return Cell::message(m, z, s, p);
}

/// What stands for the pre-activations on the way back: their names.
struct GateReplay {
  template <int K>
  constexpr GateNames<(1u << K)> operator[](Index<K>) const {
    return {};
  }
};

/// Some vectors of one row; the k-th has a derivative by itself at Bit + k where Bit is not
/// negative.
template <class D, int Count, int Bit>
struct Inputs {
  static constexpr int count = Count;
  hn::Vec<D> v[Count > 0 ? Count : 1];
  template <int K>
  HWY_INLINE auto operator[](Index<K>) const {
    if constexpr (Bit < 0)
      return Dual<D, 0>(v[K]);
    else
      return Dual<D, (1u << (Bit + K))>(v[K], hn::Set(D(), hn::TFromD<D>{1}));
  }
};

/// The calls on `m` of the step, and of the message.
template <class Cell>
constexpr Tally step_tally = [] {
  Tally m, any;
  (void)StepOf<Cell>(m, any, any, any, any);
  return m;
}();
template <class Cell>
constexpr Tally message_tally = [] {
  Tally m, any;
  if constexpr (has_message<Cell>) (void)MessageOf<Cell>(m, any, any, any);
  return m;
}();
constexpr bool AnyNeeded(const Values<>&) { return false; }
template <class... Rest>
constexpr bool AnyNeeded(const Values<Tally, Rest...>& all) {
  return all.first.needed || AnyNeeded(all.rest);
}
/// Whether the way back through the step hangs on the value of a message.
template <class Cell>
constexpr bool message_needed = [] {
  Tally m, any, messages;
  messages.message = true;
  return AnyNeeded(StepOf<Cell>(m, any, any, any, messages));
}();
/// Where the message's record begins: behind the step's, and behind the gates where they share z.
template <class Cell>
constexpr int message_slot =
    record_apart<Cell> || step_tally<Cell>.calls > gate_count<Cell> ? step_tally<Cell>.calls
                                                                    : gate_count<Cell>;
/// Slots of the whole record.
template <class Cell>
constexpr int record_count = message_slot<Cell> + message_tally<Cell>.calls;

/// The bits that some of several results depend on.
template <class A>
constexpr unsigned mask_of = 0;
template <class D, unsigned M>
constexpr unsigned mask_of<Dual<D, M>> = M;
template <class A, class... Rest>
constexpr unsigned mask_of<Values<A, Rest...>> = mask_of<A> | mask_of<Values<Rest...>>;

/// The bits that the step's results depend on, and the messages.
template <class Cell>
constexpr unsigned step_bits = [] {
  using D = hn::ScalableTag<float>;
  using S = Inputs<D, old_count<Cell>, state_bit<Cell>>;
  using P = Inputs<D, unit_count<Cell>, unit_bit<Cell>>;
  using Q = Inputs<D, message_count<Cell>, message_bit<Cell>>;
  return mask_of<decltype(StepOf<Cell>(std::declval<Replay<D, true>&>(), GateReplay(),
                                       std::declval<S>(), std::declval<P>(), std::declval<Q>()))>;
}();
template <class Cell>
constexpr unsigned message_bits = [] {
  using D = hn::ScalableTag<float>;
  using S = Inputs<D, old_count<Cell>, state_bit<Cell>>;
  using P = Inputs<D, unit_count<Cell>, unit_bit<Cell>>;
  if constexpr (has_message<Cell>)
    return mask_of<decltype(MessageOf<Cell>(std::declval<Replay<D, true>&>(), GateReplay(),
                                            std::declval<S>(), std::declval<P>()))>;
  else
    return 0u;
}();

/// Whether the step reads a message itself, not only what the recurrent matrix makes of it.
template <class Cell>
constexpr bool step_reads_message = has_message<Cell> && !requires(Tally m) {
  Cell::step(m, m, m, m);
} && !requires(Tally m) { Cell::step(m, m, m); };

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

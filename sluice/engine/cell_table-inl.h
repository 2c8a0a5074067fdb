// The functions and the description of one cell, for the instruction set being compiled.
#if defined(SLUICE_CELL_TABLE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_CELL_TABLE_INL
#undef SLUICE_CELL_TABLE_INL
#else
#define SLUICE_CELL_TABLE_INL
#endif

#include "sluice/engine/row_step-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {

/// Whether the gates read the input and the hidden state and nothing else.
template <class Cell>
constexpr bool reads_simply = Reading<Cell, X>::count > 0 && Reading<Cell, H>::count > 0 &&
                              Reading<Cell, Raw>::count == 0 && below_count<Cell> == 0;

/// A bit for every old state that the equations read themselves.
template <class Cell>
constexpr unsigned states_read = (step_bits<Cell> | message_bits<Cell>) >> state_bit<Cell>;

template <class T, class Cell>
const CellKernel<T>* MakeKernel() {
  using D = hn::ScalableTag<T>;
  static const CellKernel<T> kernel = [] {
    CellKernel<T> k{};
    k.lanes = static_cast<int>(hn::MaxLanes(D()));
    k.forward[0] = Forward<D, true, Cell>;
    k.forward[1] = Forward<D, false, Cell>;
    k.backward[0] = Backward<D, true, Cell>;
    k.backward[1] = Backward<D, false, Cell>;
    if constexpr (has_message<Cell>) {
      k.message[0] = Message<D, true, Cell>;
      k.message[1] = Message<D, false, Cell>;
      k.message_backward[0] = MessageBackward<D, true, Cell>;
      k.message_backward[1] = MessageBackward<D, false, Cell>;
    } else if constexpr (unit_count<Cell> == 0 && reads_simply<Cell> &&
                         !requires { Cell::norms; }) {
      using Narrow = std::conditional_t<kHalvesAreFaster, hn::Half<D>, D>;
      k.row_forward[0] = RowForward<D, Cell>;
      k.row_forward[1] = RowForward<Narrow, Cell>;
      k.row_backward[0] = RowBackward<D, Cell>;
      k.row_backward[1] = RowBackward<Narrow, Cell>;
    }
    return k;
  }();
  return &kernel;
}

template <class Cell>
constexpr CellUses UsesOf() {
  const CellUses a = step_tally<Cell>.uses, b = message_tally<Cell>.uses;
  CellUses uses;
  uses.gate = a.gate || b.gate;
  uses.activation = a.activation || b.activation;
  uses.output_activation = a.output_activation || b.output_activation;
  uses.keep = a.keep || b.keep;
  uses.dropped_update = a.dropped_update || b.dropped_update;
  uses.dropped_cell = a.dropped_cell || b.dropped_cell;
  uses.kinks = a.kinks || b.kinks;
  return uses;
}

/// What a layer gives, and what one above it reads: by number among states and outputs.
template <class Cell>
void DescribeOutputs(CellInfo& info) {
  info.gives = {0};
  if constexpr (requires { Cell::outputs; }) {
    info.gives.clear();
    for (const char* output : Cell::outputs) {
      info.gives.push_back(static_cast<int>(info.states.size() + info.outputs.size()));
      info.outputs.emplace_back(output);
    }
  }
  info.hands_up = info.gives;
  if constexpr (requires { Cell::hands_up; })
    info.hands_up.assign(std::begin(Cell::hands_up), std::end(Cell::hands_up));
  info.below = below_count<Cell>;
  if constexpr (requires { Cell::lowest; }) info.lowest = Cell::lowest;
}

template <class Cell>
CellInfo Describe(const char* name) {
  CellInfo info;
  info.name = name;
  info.title = Cell::title;
  for (const GateSpec& gate : Cell::gates)
    info.gates.push_back({gate.name, gate.reads, gate.row, gate.biased});
  for (const char* state : Cell::states) {
    const bool through_matrix = info.states.empty() && Reading<Cell, H>::count > 0;
    info.reads_state.push_back(through_matrix ||
                               (states_read<Cell> >> info.states.size() & 1) != 0);
    info.states.emplace_back(state);
  }
  info.reads_h_itself = (states_read<Cell> & 1) != 0;
  if constexpr (requires { Cell::units; })
    for (const UnitSpec& unit : Cell::units) info.units.push_back({unit.name, unit.low, unit.high});
  if constexpr (has_message<Cell>)
    for (const char* message : Cell::messages) info.messages.emplace_back(message);
  info.step_reads_message = step_reads_message<Cell>;
  info.message_needed = message_needed<Cell>;
  info.reads_sent_message = step_reads_message<Cell> && Reading < Cell, Q | Q1 | Q2 > ::count > 0;
  if constexpr (requires { Cell::tied; }) info.tied = Cell::tied;
  if constexpr (requires { Cell::norms; })
    for (const NormSpec& n : Cell::norms)
      info.norms.push_back({n.name, n.first, n.count, n.of_message});
  if constexpr (requires { Cell::periods; })
    info.periods.assign(std::begin(Cell::periods), std::end(Cell::periods));
  DescribeOutputs<Cell>(info);
  info.uses = UsesOf<Cell>();
  info.slots = record_apart<Cell> ? gate_count<Cell> : record_count<Cell>;
  info.record = record_apart<Cell> ? record_count<Cell> : 0;
  return info;
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

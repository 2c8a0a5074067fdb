// The functions and the description of one cell, for the instruction set being compiled.
#if defined(SLUICE_CELL_TABLE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_CELL_TABLE_INL
#undef SLUICE_CELL_TABLE_INL
#else
#define SLUICE_CELL_TABLE_INL
#endif

#include "sluice/layers/row_step-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {

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
    } else {
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
CellInfo Describe(const char* name) {
  CellInfo info;
  info.name = name;
  info.title = Cell::title;
  for (const GateSpec& gate : Cell::gates) info.gates.push_back({gate.name, gate.reads, gate.row});
  for (const char* state : Cell::states) info.states.emplace_back(state);
  info.has_message = has_message<Cell>;
  info.slots = slot_count<Cell>;
  return info;
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

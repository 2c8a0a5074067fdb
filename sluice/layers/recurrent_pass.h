// One direction of one layer over a whole batch: memory, slices and threads around the time loop.
#pragma once

#include "sluice/layers/cell_layout.h"
#include "sluice/layers/row_plan.h"
#include "sluice/tensor/tensor.h"

namespace sluice {

/// The parameters of one direction of one layer, in packed layout.
struct Direction {
  CellLayout layout;
  CellSwitches switches;
  bool reverse;
  Variable weights;                  ///< input, hidden and message parts, one after the other
  Variable bias_input, bias_hidden;  ///< undefined where the layer has none
};

/// A [T,B,width] or [B,T,width] tensor, or some columns of one.
struct SequenceView {
  Tensor tensor;
  bool batch_first = false;
  int first_column = 0, columns = 0;

  SequenceView() = default;
  SequenceView(Tensor t, bool batch_first_)
      : tensor(std::move(t)),
        batch_first(batch_first_),
        columns(static_cast<int>(tensor.size(-1))) {}
  SequenceView part(int first, int count) const;

  bool defined() const { return tensor.defined(); }
  int steps() const { return static_cast<int>(tensor.size(batch_first ? 1 : 0)); }
  int batch() const { return static_cast<int>(tensor.size(batch_first ? 0 : 1)); }
  ptrdiff_t row_stride() const { return tensor.size(-1) * (batch_first ? tensor.size(1) : 1); }
  ptrdiff_t step_stride() const { return tensor.size(-1) * (batch_first ? 1 : tensor.size(1)); }
  template <class T>
  T* at(int time, int row) {
    return tensor.data<T>() + time * step_stride() + row * row_stride() + first_column;
  }
  template <class T>
  const T* at(int time, int row) const {
    return std::as_const(tensor).data<T>() + time * step_stride() + row * row_stride() +
           first_column;
  }
};

/// What a forward pass leaves behind for its backward pass.
struct PassMemory {
  SequenceView x, y;
  RowPlan plan;
  bool units = false;  ///< threads share the units, not the rows
  bool zero_first = true;
  bool hold = false;  ///< padding holds the state: h before the first step, the last h after
  Tensor packed_x;    ///< [slice][step][row][I], ragged batches only
  Tensor h;           ///< [slice][step][row][padded], where y itself cannot serve
  Tensor first;       ///< [row][padded] hidden state before the first step
  Tensor state[max_states];
  Tensor z, message, start;
};

/// Runs a direction over x. Writes y's columns if it is defined, and each row's last states to
/// last[k] ([B,H], state k). `first[k]` may be null: zeros. `remember` keeps what backward needs.
template <class T>
void forward_pass(const Direction& direction, PassMemory& memory, const Padding& padding,
                  const T* const* first, T* const* last, bool remember);

/// Gradients: `dy` (undefined: none) and `dlast[k]` (null: none) arrive; weights and biases are
/// added to; dx (undefined: not wanted) is written; `dfirst[k]` (null: not wanted) is written.
template <class T>
void backward_pass(const Direction& direction, const PassMemory& memory, const SequenceView& dy,
                   const T* const* dlast, SequenceView dx, T* const* dfirst);

}  // namespace sluice

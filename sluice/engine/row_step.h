// A step of few rows of a small net: so short that reading a task's description and waiting for
// memory are what it costs. The products and the equations are one function, the pre-activations
// never leaving the registers; every chain is that of the panel products.
#pragma once

#include "sluice/engine/cell_kernel.h"

namespace sluice {

/// A layer whose units are one group, at the step that its addresses point to. Every step done
/// moves them on to the next.
template <class T>
struct RowTask : PointwiseTask<T> {
  const CellKernel<T>* kernel;
  bool narrow;  ///< half a vector holds the units and the inputs
  int input_size, hidden_size;
  int left;           ///< steps to go
  const int* active;  ///< rows of this step, then of those to come; null: `rows` always
  ptrdiff_t z_step, state_step, h_step, h_row;

  // Forward.
  const T* x;
  ptrdiff_t x_row, x_step;
  const T* weights[2];  ///< packed: of the input, of the hidden state
  const T* start;       ///< [gates][lanes] bias every chain starts from
  bool reads_hidden;
  bool two;  ///< of h only the last two are kept

  // Backward: grad_state[0] returns the whole gradient of the old hidden state.
  const T* transposed[2];
  T* dx;  ///< null: not wanted
  ptrdiff_t dx_row, dx_step;
  int dx_columns;  ///< columns that may be written
  ptrdiff_t add_step;
  const T* h_first;  ///< before the first step
  ptrdiff_t h_first_row;
};

}  // namespace sluice

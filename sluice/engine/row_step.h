// A step of few rows of a small net: so short that reading a task's description and waiting for
// memory are what it costs. One call does the products and the equations of a step, the
// pre-activations never leaving the registers; every chain is that of the panel products.
#pragma once

#include "sluice/engine/cell_kernel.h"

namespace sluice {

/// One step of a layer whose units are one group.
template <class T>
struct RowTask : PointwiseTask<T> {
  int input_size, hidden_size;

  // Forward.
  const T* x;
  ptrdiff_t x_row;
  const T* weights[2];  ///< packed: of the input, of the hidden state
  const T* start;       ///< [gates][lanes] bias every chain starts from
  bool reads_hidden;

  // Backward: grad_state[0] returns the whole gradient of the old hidden state.
  const T* transposed[2];
  T* dx;  ///< null: not wanted
  ptrdiff_t dx_row;
  int dx_columns;  ///< columns that may be written
};

}  // namespace sluice

// The time loop of small nets over few rows (see row_step.h): from a sequence's task to the task of
// its rows, whose addresses are found once and then moved from step to step.
#pragma once

#include "sluice/engine/row_step.h"
#include "sluice/engine/sequence_place.h"

namespace sluice {

/// Whether a task's steps are done whole, by the functions of row_step.h. A wider input is better
/// multiplied for all steps at once.
template <class T>
bool runs_by_row(const SequenceTask<T>& q) {
  constexpr int most_rows = 8;
  return q.layout->groups == 1 && q.rows <= most_rows && q.kernel->row_forward[0] != nullptr &&
         q.switches.usual() && q.masks == nullptr && q.layout->dense() && !q.layout->projects() &&
         q.layout->gives_h() && !q.layout->separate_gates &&
         q.layout->input_size <= q.layout->lanes;
}

/// The task at its first step, forward; at its last with active rows, backward.
template <class T>
RowTask<T> forward_rows(const SequenceTask<T>& q);
template <class T>
RowTask<T> backward_rows(const SequenceTask<T>& q);

/// Whether one function can do all of some layers; null: a layer is not done by row.
template <class T>
bool one_function(RowTask<T>* const* layers, int count) {
  for (int i = 0; i < count; ++i)
    if (layers[i] == nullptr || layers[i]->kernel != layers[0]->kernel) return false;
  return true;
}

/// So many steps of layers that one function can do: that of the widest.
template <class T>
void run_rows_forward(RowTask<T>* const* layers, int count, int steps);
template <class T>
void run_rows_backward(RowTask<T>* const* layers, int count, int steps);

}  // namespace sluice

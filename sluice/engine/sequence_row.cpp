#include "sluice/engine/sequence_row.h"

#include <algorithm>

namespace sluice {

namespace {

/// What both directions share.
template <class T>
RowTask<T> rows_of(const SequenceTask<T>& q) {
  RowTask<T> row = {};
  const CellLayout& layout = *q.layout;
  row.kernel = q.kernel;
  row.narrow = 2 * layout.hidden_size <= layout.lanes && 2 * layout.input_size <= layout.lanes;
  row.input_size = layout.input_size;
  row.hidden_size = layout.hidden_size;
  row.z_step = q.z_step;
  row.state_step = q.state_step;
  row.h_step = q.h_step;
  row.h_row = q.h_row;
  return row;
}

template <class T>
bool all_narrow(RowTask<T>* const* layers, int count) {
  return std::all_of(layers, layers + count, [](const RowTask<T>* layer) { return layer->narrow; });
}

}  // namespace

template <class T>
void run_rows_forward(RowTask<T>* const* layers, int count, int steps) {
  layers[0]->kernel->row_forward[all_narrow(layers, count)](layers, count, steps);
}

template <class T>
void run_rows_backward(RowTask<T>* const* layers, int count, int steps) {
  layers[0]->kernel->row_backward[all_narrow(layers, count)](layers, count, steps);
}

template <class T>
RowTask<T> forward_rows(const SequenceTask<T>& q) {
  const Place<T> at(q);
  RowTask<T> row = rows_of(q);
  at.prepare(row, 0);
  at.move(row, 0, 0);
  row.left = q.steps;
  row.active = q.active;
  row.x = q.x;
  row.x_row = q.x_row;
  row.x_step = q.x_step;
  row.weights[0] = q.weights[0];
  row.weights[1] = q.weights[1];
  row.start = q.start;
  row.reads_hidden = at.reads_hidden(0);
  row.two = q.h_period == 2;
  return row;
}

template <class T>
RowTask<T> backward_rows(const SequenceTask<T>& q) {
  const Place<T> at(q);
  int s = q.steps - 1;
  while (s > 0 && at.active(s) == 0) --s;
  RowTask<T> row = rows_of(q);
  at.prepare_backward(row, 0);
  at.move(row, s, 0);
  row.left = s + 1;
  row.active = q.active ? q.active + s : nullptr;
  if (q.dy) {
    row.add_step = q.dy_step;
    row.add[0] = q.dy + s * q.dy_step;
  }
  if (q.dx) {
    row.dx_step = q.dx_step;
    row.dx = q.dx + s * q.dx_step;
  }
  row.dx_row = q.dx_row;
  row.dx_columns = q.dx_columns;
  row.transposed[0] = q.transposed[0];
  row.transposed[1] = q.transposed[1];
  row.h_first = q.h_first;
  row.h_first_row = q.layout->padded;
  return row;
}

#define SLUICE_INSTANTIATE(T)                                   \
  template RowTask<T> forward_rows(const SequenceTask<T>&);     \
  template RowTask<T> backward_rows(const SequenceTask<T>&);    \
  template void run_rows_forward(RowTask<T>* const*, int, int); \
  template void run_rows_backward(RowTask<T>* const*, int, int);
SLUICE_INSTANTIATE(float)
SLUICE_INSTANTIATE(double)
#undef SLUICE_INSTANTIATE

}  // namespace sluice

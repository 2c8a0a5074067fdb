#include "sluice/engine/sequence_row.h"

namespace sluice {

template <class T>
ForwardRows<T>::ForwardRows(const SequenceTask<T>& q)
    : RowSteps<T>(q),
      run_(q.kernel->row_forward[row_function(*q.layout)]),
      last_(q.steps - 1),
      x_(q.x_step),
      two_(q.h_period == 2) {
  const Place<T> at(q);
  at.prepare(row_, 0);
  at.move(row_, 0, 0);
  row_.x = q.x;
  row_.x_row = q.x_row;
  row_.weights[0] = q.weights[0];
  row_.weights[1] = q.weights[1];
  row_.start = q.start;
  row_.reads_hidden = at.reads_hidden(0);
}

template <class T>
BackwardRows<T>::BackwardRows(const SequenceTask<T>& q)
    : RowSteps<T>(q),
      run_(q.kernel->row_backward[row_function(*q.layout)]),
      add_(q.dy ? q.dy_step : 0),
      dx_(q.dx ? q.dx_step : 0),
      h_first_(q.h_first),
      padded_(q.layout->padded) {
  const Place<T> at(q);
  int s = q.steps - 1;
  while (s > 0 && at.active(s) == 0) --s;
  at.prepare_backward(row_, 0);
  at.move(row_, s, 0);
  if (q.dy) row_.add[0] = q.dy + s * add_;
  if (q.dx) row_.dx = q.dx + s * dx_;
  row_.dx_row = q.dx_row;
  row_.dx_columns = q.dx_columns;
  row_.transposed[0] = q.transposed[0];
  row_.transposed[1] = q.transposed[1];
}

template class ForwardRows<float>;
template class ForwardRows<double>;
template class BackwardRows<float>;
template class BackwardRows<double>;

}  // namespace sluice

#include "sluice/engine/sequence_segments.h"

#include <algorithm>

namespace sluice {

namespace {

/// What a segment's task reads, forward and backward; its memory is that of `q`.
template <class T>
SequenceTask<T> segment_of(const SequenceTask<T>& q, const SegmentBorders<T>& borders, int i) {
  SequenceTask<T> part = q;
  const int begin = borders.plan->begin(borders.slice, i);
  part.steps = borders.plan->begin(borders.slice, i + 1) - begin;
  part.first_step += begin;
  if (q.active) part.active += begin;
  part.x += begin * q.x_step;
  if (i == 0) return part;
  part.zero_first = false;
  part.h_first = borders.h + ptrdiff_t{i} * q.rows * q.layout->out_padded;
  return part;
}

template <class T>
ptrdiff_t state_size(const SequenceTask<T>& q) {
  return ptrdiff_t{q.rows} * q.layout->padded;
}

/// To the border before segment i, from what a loop left there.
template <class T>
void keep(const SequenceTask<T>& q, const SegmentBorders<T>& borders, int i) {
  const ptrdiff_t size = state_size(q);
  const int s = borders.plan->begin(borders.slice, i);
  for (int k = 1; k < q.layout->states; ++k)
    std::copy_n(q.state[k] + s * q.state_step, size, borders.state[k] + i * size);
  if (s == 0 || s == q.steps) return;
  const int width = q.layout->out_padded;
  T* to = borders.h + ptrdiff_t{i} * q.rows * width;
  const T* from = q.h + ((s - 1) % q.h_period) * q.h_step;
  const int rows = q.active ? q.active[s] : q.rows;
  for (int r = 0; r < rows; ++r, to += width, from += q.h_row) {
    std::copy_n(from, q.layout->out, to);
    std::fill(to + q.layout->out, to + width, T{0});
  }
}

/// The forward task of a segment: h goes where the whole sequence's would, and so does all
/// that the output is made of.
template <class T>
SequenceTask<T> forward_segment(const SequenceTask<T>& q, const SegmentBorders<T>& borders, int i) {
  SequenceTask<T> part = segment_of(q, borders, i);
  const int begin = borders.plan->begin(borders.slice, i);
  part.h += (begin % q.h_period) * q.h_step;
  part.y += begin * q.y_step;
  if (q.h_period == 2 && begin % 2 == 1) part.h_step = -q.h_step;
  for (int k = 1; k < q.layout->states; ++k) part.state[k] += begin * q.state_step;
  for (int k = q.layout->states; k < q.layout->values; ++k)
    part.output[k].first += begin * q.output[k].step;
  return part;
}

/// The backward task of a segment.
template <class T>
SequenceTask<T> backward_segment(const SequenceTask<T>& q, const SegmentBorders<T>& borders,
                                 int i) {
  SequenceTask<T> part = segment_of(q, borders, i);
  const int begin = borders.plan->begin(borders.slice, i);
  if (q.dy) part.dy += begin * q.dy_step;
  if (q.dx) part.dx += begin * q.dx_step;
  part.need_first = q.need_first || i > 0;
  part.overwrite = q.overwrite && i + 1 == borders.count();
  return part;
}

}  // namespace

template <class T>
void run_forward_segments(const SequenceTask<T>& q, const SegmentBorders<T>& borders,
                          const Share& share, Barrier& barrier) {
  for (int i = 0; i < borders.count(); ++i) {
    if (share.thread == 0) keep(q, borders, i);
    barrier.wait();
    run_forward(forward_segment(q, borders, i), share, barrier);
    barrier.wait();
  }
}

template <class T>
void run_backward_segments(const SequenceTask<T>& forward, const SequenceTask<T>& q,
                           const SegmentBorders<T>& borders, const Share& share, Barrier& barrier) {
  const ptrdiff_t size = state_size(q);
  for (int i = borders.count() - 1; i >= 0; --i) {
    for (int k = 1; share.thread == 0 && k < q.layout->states; ++k)
      std::copy_n(borders.state[k] + i * size, size, q.state[k]);
    barrier.wait();
    run_forward(segment_of(forward, borders, i), share, barrier);
    barrier.wait();
    run_backward(backward_segment(q, borders, i), share, barrier);
    barrier.wait();
  }
}

#define SLUICE_INSTANTIATE(T)                                                          \
  template void run_forward_segments(const SequenceTask<T>&, const SegmentBorders<T>&, \
                                     const Share&, Barrier&);                          \
  template void run_backward_segments(const SequenceTask<T>&, const SequenceTask<T>&,  \
                                      const SegmentBorders<T>&, const Share&, Barrier&);
SLUICE_INSTANTIATE(float)
SLUICE_INSTANTIATE(double)
#undef SLUICE_INSTANTIATE

}  // namespace sluice

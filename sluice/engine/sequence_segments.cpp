#include "sluice/engine/sequence_segments.h"

#include <algorithm>

namespace sluice {

namespace {

/// Some steps of a task: what they read of what all steps have.
template <class T>
SequenceTask<T> steps_of(const SequenceTask<T>& q, int begin, int end) {
  SequenceTask<T> part = q;
  part.steps = end - begin;
  part.first_step += begin;
  if (q.active) part.active += begin;
  part.x += begin * q.x_step;
  return part;
}

/// What a segment's task reads, forward and backward; its memory is that of `q`.
template <class T>
SequenceTask<T> segment_of(const SequenceTask<T>& q, const SegmentBorders<T>& borders, int i) {
  SequenceTask<T> part =
      steps_of(q, borders.plan->begin(borders.slice, i), borders.plan->begin(borders.slice, i + 1));
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

/// Moves h to where the steps from `begin` on have it, of all or of the last two that are kept.
template <class T>
void move_h(SequenceTask<T>& part, int begin) {
  part.h += (begin % part.h_period) * part.h_step;
  if (part.h_period == 2 && begin % 2 == 1) part.h_step = -part.h_step;
}

/// The forward task of a segment: h goes where the whole sequence's would, and so does all
/// that the output is made of.
template <class T>
SequenceTask<T> forward_segment(const SequenceTask<T>& q, const SegmentBorders<T>& borders, int i) {
  SequenceTask<T> part = segment_of(q, borders, i);
  const int begin = borders.plan->begin(borders.slice, i);
  move_h(part, begin);
  part.y += begin * q.y_step;
  for (int k = 1; k < q.layout->states; ++k) part.state[k] += begin * q.state_step;
  for (int k = q.layout->states; k < q.layout->values; ++k)
    part.output[k].first += begin * q.output[k].step;
  return part;
}

/// Makes a part of a task that begins at a step a backward one; the last part runs first.
template <class T>
void turn_back(SequenceTask<T>& part, int begin, bool last) {
  if (part.dy) part.dy += begin * part.dy_step;
  if (part.dx) part.dx += begin * part.dx_step;
  part.need_first = part.need_first || begin > 0;
  part.overwrite = part.overwrite && last;
}

/// The backward task of some steps that have all been kept.
template <class T>
SequenceTask<T> piece_of(const SequenceTask<T>& q, int begin, int end) {
  SequenceTask<T> part = steps_of(q, begin, end);
  turn_back(part, begin, end == q.steps);
  if (begin > 0) {
    part.zero_first = false;
    part.h_first = q.h + (begin - 1) % q.h_period * q.h_step;
    part.h_first_row = q.h_row;
  }
  move_h(part, begin);
  part.record += begin * q.record_step;
  part.normed += begin * q.normed_step;
  part.scale += begin * q.scale_step;
  part.full += begin * q.full_step;
  for (int k = 1; k < q.layout->states; ++k) part.state[k] += begin * q.state_step;
  for (int k = 0; k < q.layout->messages; ++k) part.message[k] += begin * q.message_step;
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
    SequenceTask<T> back = segment_of(q, borders, i);
    turn_back(back, borders.plan->begin(borders.slice, i), i + 1 == borders.count());
    run_backward(back, share, barrier);
    barrier.wait();
  }
}

template <class T>
void run_backward_pieces(const SequenceTask<T>& q, const SegmentPlan& plan, int slice,
                         const Share& share, Barrier& barrier) {
  for (int i = plan.count(slice) - 1; i >= 0; --i) {
    run_backward(piece_of(q, plan.begin(slice, i), plan.begin(slice, i + 1)), share, barrier);
    barrier.wait();
  }
}

#define SLUICE_INSTANTIATE(T)                                                                      \
  template void run_forward_segments(const SequenceTask<T>&, const SegmentBorders<T>&,             \
                                     const Share&, Barrier&);                                      \
  template void run_backward_segments(const SequenceTask<T>&, const SequenceTask<T>&,              \
                                      const SegmentBorders<T>&, const Share&, Barrier&);           \
  template void run_backward_pieces(const SequenceTask<T>&, const SegmentPlan&, int, const Share&, \
                                    Barrier&);
SLUICE_INSTANTIATE(float)
SLUICE_INSTANTIATE(double)
#undef SLUICE_INSTANTIATE

}  // namespace sluice

// The time loop by segments: forward, the states at their borders are kept; backward, each segment
// is run forward again before it is run back.
#pragma once

#include "sluice/engine/segment_plan.h"
#include "sluice/engine/sequence_loop.h"

namespace sluice {

/// States before each segment of one slice: h [segment][rows][out_padded], the others
/// [segment][groups][rows][lanes].
template <class T>
struct SegmentBorders {
  const SegmentPlan* plan;
  int slice;
  T* h;
  T* state[max_states];

  int count() const { return plan->count(slice); }
};

/// `task` keeps nothing but h, of every step or of the last two.
template <class T>
void run_forward_segments(const SequenceTask<T>& task, const SegmentBorders<T>& borders,
                          const Share& share, Barrier& barrier);
/// `forward` and `task` have room for the steps of the longest segment, and tasks of their own.
template <class T>
void run_backward_segments(const SequenceTask<T>& forward, const SequenceTask<T>& task,
                           const SegmentBorders<T>& borders, const Share& share, Barrier& barrier);

/// Backward over steps that have all been kept, but whose z has room for the longest segment only.
template <class T>
void run_backward_pieces(const SequenceTask<T>& task, const SegmentPlan& plan, int slice,
                         const Share& share, Barrier& barrier);

}  // namespace sluice

// The time loop of small nets over few rows, a call a step (see row_step.h). Addresses are found
// once and then moved from step to step: the step itself is no longer than finding them.
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

/// Which of the functions: 1 where half a vector holds the units and the inputs.
inline int row_function(const CellLayout& layout) {
  return 2 * layout.hidden_size <= layout.lanes && 2 * layout.input_size <= layout.lanes ? 1 : 0;
}

/// What both directions share: the task at one step, and how far its addresses move.
template <class T>
class RowSteps {
 protected:
  explicit RowSteps(const SequenceTask<T>& q)
      : states_(q.layout->states),
        active_(q.active),
        z_(q.z_step),
        state_(q.state_step),
        h_(q.h_step),
        h_row_(q.h_row) {
    row_.input_size = q.layout->input_size;
    row_.hidden_size = q.layout->hidden_size;
  }

  const int states_;
  const int* const active_;
  const ptrdiff_t z_, state_;
  ptrdiff_t h_;
  const ptrdiff_t h_row_;
  RowTask<T> row_ = {};
};

template <class T>
class ForwardRows : RowSteps<T> {
 public:
  explicit ForwardRows(const SequenceTask<T>& q);
  /// Step s, and on to the next; from 0 to the last.
  void step(int s);

 private:
  using RowSteps<T>::row_;
  void (*const run_)(const RowTask<T>&);
  const int last_;
  const ptrdiff_t x_;
  const bool two_;  // of h only the last two are kept
};

template <class T>
class BackwardRows : RowSteps<T> {
 public:
  explicit BackwardRows(const SequenceTask<T>& q);
  /// Step s, and on to the one before; from the last with active rows to 0.
  void step(int s);

 private:
  using RowSteps<T>::row_;
  void (*const run_)(const RowTask<T>&);
  const ptrdiff_t add_, dx_;
  const T* const h_first_;
  const ptrdiff_t padded_;
};

template <class T>
inline void ForwardRows<T>::step(int s) {
  run_(row_);
  if (s == last_) return;
  row_.z += this->z_;
  row_.x += x_;
  row_.old_state[0] = row_.new_state[0];
  row_.old_stride[0] = this->h_row_;
  row_.new_state[0] += this->h_;
  if (two_) this->h_ = -this->h_;
  for (int k = 1; k < this->states_; ++k) {
    row_.old_state[k] += this->state_;
    row_.new_state[k] += this->state_;
  }
  row_.reads_hidden = true;
  if (this->active_) row_.rows = this->active_[s + 1];
}

template <class T>
inline void BackwardRows<T>::step(int s) {
  run_(row_);
  if (s == 0) return;
  row_.z -= this->z_;
  row_.add[0] -= add_;
  row_.dx -= dx_;
  for (int k = 1; k < this->states_; ++k) row_.old_state[k] -= this->state_;
  if (s > 1) {
    row_.old_state[0] -= this->h_;
  } else {
    row_.old_state[0] = h_first_;
    row_.old_stride[0] = padded_;
  }
  if (this->active_) row_.rows = this->active_[s - 1];
}

}  // namespace sluice

// Layer normalisation within the time loop: of pre-activations between their products and the
// cell's equations, of messages between the cell's two functions; and back.
#pragma once

#include "sluice/engine/row_norm.h"
#include "sluice/engine/sequence_place.h"

namespace sluice {

/// What both directions share: a thread measures its own rows over all groups, waits for the
/// others', and goes on with its own groups. A row's sums are taken by one thread, in one order.
template <class T>
class NormSteps {
 protected:
  NormSteps(const Place<T>& at, const Share& share, Barrier& barrier)
      : at_(at), share_(share), barrier_(barrier), kernels_(row_norm_kernels<T>()) {}

  const NormInfo& norm(int i) const { return at_.layout.cell->info.norms[i]; }
  T* scale(int i, int s) const { return at_.q.scale + s * at_.q.scale_step + i * at_.q.rows; }
  /// [rows] Forward the means; backward the first or second of a row's slopes.
  T* room(int i, int which) const { return at_.q.norm_room + (2 * i + which) * at_.q.rows; }

  /// Calls f(norm) for those of a step's pre-activations, or of its messages.
  template <class F>
  void for_norms(bool messages, F&& f) const {
    for (int i = 0; i < static_cast<int>(at_.layout.cell->info.norms.size()); ++i)
      if (norm(i).of_message == messages) f(i);
  }
  /// This thread's of the rows that are measured: [first, last).
  int first_row(int s) const { return at_.active(s) * share_.thread / share_.team; }
  int last_row(int s) const { return at_.active(s) * (share_.thread + 1) / share_.team; }

  /// Rows of norm i over all groups, the first at `values`.
  NormRows<T> rows(int i, int s, T* values, ptrdiff_t stride, ptrdiff_t group) const {
    const CellLayout& layout = at_.layout;
    const ptrdiff_t lanes = layout.lanes, first = layout.first_normed[i];
    NormRows<T> t{};
    t.values = values;
    t.stride = stride;
    t.group = group;
    t.rows = at_.active(s);
    t.vectors = norm(i).count;
    t.groups = layout.groups;
    t.last_units = layout.hidden_size - (layout.groups - 1) * layout.lanes;
    t.normed = at_.q.normed + s * at_.q.normed_step + first * lanes;
    t.normed_stride = layout.normed * lanes;
    t.normed_group = at_.q.rows * t.normed_stride;
    t.affine = at_.q.affine + first * 2 * lanes;
    t.affine_group = ptrdiff_t{layout.normed} * 2 * lanes;
    return t;
  }
  NormRows<T> gates(int i, int s) const {
    return rows(i, s, at_.z(s, 0) + ptrdiff_t{norm(i).first} * at_.layout.lanes, at_.unit_row(),
                at_.group_offset(1));
  }

  /// The same of rows [first, last) alone.
  static NormRows<T> of_rows(NormRows<T> t, int first, int last) {
    t.values += first * t.stride;
    t.normed += first * t.normed_stride;
    t.rows = last - first;
    return t;
  }
  /// The same of this thread's groups alone.
  NormRows<T> of_groups(NormRows<T> t) const {
    if (share_.last_group < t.groups) t.last_units = at_.layout.lanes;
    t.groups = share_.last_group - share_.first_group;
    t.values += share_.first_group * t.group;
    t.normed += share_.first_group * t.normed_group;
    t.affine += share_.first_group * t.affine_group;
    if (t.daffine) t.daffine += share_.first_group * t.affine_group;
    if (t.start) t.start += share_.first_group * t.start_group;
    return t;
  }

  const Place<T>& at_;
  const Share share_;
  Barrier& barrier_;
  const RowNormKernels<T>& kernels_;
};

template <class T>
class NormForward : NormSteps<T> {
 public:
  NormForward(const Place<T>& at, const Share& share, Barrier& barrier)
      : NormSteps<T>(at, share, barrier) {}

  /// The pre-activations of a step, or its messages, which all threads have given.
  void run(int s, bool messages) {
    const int first = this->first_row(s), last = this->last_row(s);
    this->for_norms(messages, [&](int i) {
      this->kernels_.measure(this->of_rows(rows(i, s), first, last), this->room(i, 0) + first,
                             this->scale(i, s) + first);
    });
    this->barrier_.wait();
    this->for_norms(messages, [&](int i) {
      this->kernels_.normalise(this->of_groups(rows(i, s)), this->room(i, 0), this->scale(i, s));
    });
  }

 private:
  using NormSteps<T>::at_;

  NormRows<T> rows(int i, int s) const {
    const CellLayout& layout = at_.layout;
    const NormInfo& norm = this->norm(i);
    if (norm.of_message)
      return NormSteps<T>::rows(i, s, at_.message(norm.first, s), layout.padded, layout.lanes);
    NormRows<T> t = this->gates(i, s);
    t.next_normed = s + 1 < at_.q.steps ? at_.q.normed_step : 0;
    t.start = at_.bias(0, norm.first);
    t.start_group = ptrdiff_t{layout.gates} * layout.lanes;
    return t;
  }
};

template <class T>
class NormBackward : NormSteps<T> {
 public:
  NormBackward(const Place<T>& at, const Share& share, Barrier& barrier)
      : NormSteps<T>(at, share, barrier) {}

  /// Gradients of a step's pre-activations as the equations saw them, or of its messages, which all
  /// threads have given.
  void run(int s, bool messages) {
    const int first = this->first_row(s), last = this->last_row(s);
    this->for_norms(messages, [&](int i) {
      this->kernels_.measure_back(this->of_rows(rows(i, s), first, last), this->room(i, 0) + first,
                                  this->room(i, 1) + first);
    });
    this->barrier_.wait();
    this->for_norms(messages, [&](int i) {
      this->kernels_.backward(this->of_groups(rows(i, s)), this->scale(i, s), this->room(i, 0),
                              this->room(i, 1));
    });
  }

 private:
  using NormSteps<T>::at_;

  NormRows<T> rows(int i, int s) const {
    const CellLayout& layout = at_.layout;
    const NormInfo& norm = this->norm(i);
    NormRows<T> t = norm.of_message ? NormSteps<T>::rows(i, s, at_.q.dmessage[norm.first],
                                                         layout.padded, layout.lanes)
                                    : this->gates(i, s);
    t.next_normed = s > 0 ? -at_.q.normed_step : 0;
    t.daffine = at_.q.daffine + ptrdiff_t{layout.first_normed[i]} * 2 * layout.lanes;
    return t;
  }
};

}  // namespace sluice

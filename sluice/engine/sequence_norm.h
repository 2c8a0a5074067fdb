// Layer normalisation within the time loop: of pre-activations between their products and the
// cell's equations, of messages between the cell's two functions; and back.
#pragma once

#include <cmath>

#include "sluice/engine/row_norm.h"
#include "sluice/engine/sequence_place.h"
#include "sluice/tensor/pool_array.h"

namespace sluice {

/// What both directions share: a thread measures its own groups, waits for the others', and goes on
/// with sums over all groups, taken in their order.
template <class T>
class NormSteps {
 protected:
  static constexpr T epsilon = static_cast<T>(1e-5);  // PyTorch's and Keras 2's first value

  NormSteps(const Place<T>& at, const Share& share, Barrier& barrier)
      : at_(at),
        share_(share),
        barrier_(barrier),
        of_row_(at.q.rows),
        kernels_(row_norm_kernels<T>()) {}

  const NormInfo& norm(int i) const { return at_.layout.cell->info.norms[i]; }
  int norms() const { return static_cast<int>(at_.layout.cell->info.norms.size()); }
  /// Units times vectors of group `group`, or of all.
  T numbers(int i, int group) const { return static_cast<T>(units(group) * norm(i).count); }
  T numbers(int i) const { return static_cast<T>(at_.layout.hidden_size * norm(i).count); }
  int units(int group) const {
    return std::min(at_.layout.lanes, at_.layout.hidden_size - group * at_.layout.lanes);
  }
  /// Two numbers for each row.
  T* measured(int i, int group) const {
    return at_.q.norm_room + (ptrdiff_t{i} * at_.layout.groups + group) * at_.q.rows * 2;
  }
  T* scale(int i, int s) const { return at_.q.scale + s * at_.q.scale_step + i * at_.q.rows; }

  NormRows<T> rows(int i, int s, int group, T* values, ptrdiff_t stride) const {
    const CellLayout& layout = at_.layout;
    const int first = layout.first_normed[i], all = layout.normed;
    const ptrdiff_t lanes = layout.lanes;
    NormRows<T> t{};
    t.values = values;
    t.stride = stride;
    t.rows = at_.active(s);
    t.vectors = norm(i).count;
    t.units = units(group);
    t.normed = at_.q.normed + s * at_.q.normed_step +
               (ptrdiff_t{group} * at_.q.rows * all + first) * lanes;
    t.normed_stride = all * lanes;
    t.affine = at_.q.affine + (ptrdiff_t{group} * all + first) * 2 * lanes;
    return t;
  }
  T* gates(int i, int s, int group) const {
    return at_.z(s, group) + ptrdiff_t{norm(i).first} * at_.layout.lanes;
  }
  template <class F>
  void for_owned(bool messages, F&& f) const {
    for (int i = 0; i < norms(); ++i)
      for (int g = share_.first_group; norm(i).of_message == messages && g < share_.last_group; ++g)
        f(i, g);
  }

  const Place<T>& at_;
  const Share share_;
  Barrier& barrier_;
  PoolArray<RowMoments<T>> of_row_;
  const RowNormKernels<T>& kernels_;
};

template <class T>
class NormForward : NormSteps<T> {
 public:
  NormForward(const Place<T>& at, const Share& share, Barrier& barrier)
      : NormSteps<T>(at, share, barrier) {}

  /// The pre-activations of a step whose products are done, or its messages.
  void run(int s, bool messages) {
    this->for_owned(messages, [&](int i, int g) {
      this->kernels_.measure(rows(i, s, g), this->measured(i, g));
    });
    barrier_.wait();
    int of = -1;
    this->for_owned(messages, [&](int i, int g) {
      if (i != of) combine(of = i, s);
      this->kernels_.normalise(rows(i, s, g), of_row_.data());
    });
  }

 private:
  using NormSteps<T>::at_;
  using NormSteps<T>::share_;
  using NormSteps<T>::barrier_;
  using NormSteps<T>::of_row_;

  NormRows<T> rows(int i, int s, int group) const {
    const NormInfo& norm = this->norm(i);
    if (norm.of_message)
      return NormSteps<T>::rows(i, s, group,
                                at_.message(norm.first, s) + ptrdiff_t{group} * at_.layout.lanes,
                                at_.layout.padded);
    NormRows<T> t = NormSteps<T>::rows(i, s, group, this->gates(i, s, group), at_.unit_row());
    t.start = at_.bias(group, norm.first);
    return t;
  }

  /// Each row's mean and scale from those of the groups (Chan et al. 1979): no sum of squares, of
  /// which little would be left. Group by group, so that no row waits for itself.
  void combine(int i, int s) {
    const int rows = at_.active(s), groups = at_.layout.groups;
    const T one = 1 / this->numbers(i);
    for (int r = 0; r < rows; ++r) of_row_[r] = {0, 0};
    for (int g = 0; g < groups; ++g) {
      const T* const own = this->measured(i, g);
      const T part = this->numbers(i, g) * one;
      for (int r = 0; r < rows; ++r) of_row_[r].mean += own[2 * r] * part;
    }
    for (int g = 0; g < groups; ++g) {
      const T* const own = this->measured(i, g);
      const T part = this->numbers(i, g) * one;
      for (int r = 0; r < rows; ++r) {
        const T away = own[2 * r] - of_row_[r].mean;
        of_row_[r].scale += own[2 * r + 1] * one + away * away * part;
      }
    }
    T* const scale = this->scale(i, s);
    for (int r = 0; r < rows; ++r) {
      of_row_[r].scale = 1 / std::sqrt(of_row_[r].scale + NormSteps<T>::epsilon);
      if (share_.thread == 0) scale[r] = of_row_[r].scale;
    }
  }
};

template <class T>
class NormBackward : NormSteps<T> {
 public:
  NormBackward(const Place<T>& at, const Share& share, Barrier& barrier)
      : NormSteps<T>(at, share, barrier), slopes_(at.q.rows) {}

  /// Gradients of a step's pre-activations as the equations saw them, or of its messages.
  void run(int s, bool messages) {
    this->for_owned(messages, [&](int i, int g) {
      this->kernels_.measure_back(rows(i, s, g), this->measured(i, g));
    });
    barrier_.wait();
    int of = -1;
    this->for_owned(messages, [&](int i, int g) {
      if (i != of) combine(of = i, s);
      this->kernels_.backward(rows(i, s, g), of_row_.data(), slopes_.data());
    });
  }

 private:
  using NormSteps<T>::at_;
  using NormSteps<T>::barrier_;
  using NormSteps<T>::of_row_;

  NormRows<T> rows(int i, int s, int group) const {
    const CellLayout& layout = at_.layout;
    const NormInfo& norm = this->norm(i);
    NormRows<T> t =
        norm.of_message
            ? NormSteps<T>::rows(i, s, group,
                                 at_.q.dmessage[norm.first] + ptrdiff_t{group} * layout.lanes,
                                 layout.padded)
            : NormSteps<T>::rows(i, s, group, this->gates(i, s, group), at_.unit_row());
    t.daffine = at_.q.daffine +
                (ptrdiff_t{group} * layout.normed + layout.first_normed[i]) * 2 * layout.lanes;
    return t;
  }

  void combine(int i, int s) {
    const int rows = at_.active(s);
    const T* const scale = this->scale(i, s);
    const T one = 1 / this->numbers(i);
    for (int r = 0; r < rows; ++r) slopes_[r] = {0, 0};
    for (int g = 0; g < at_.layout.groups; ++g) {
      const T* const own = this->measured(i, g);
      for (int r = 0; r < rows; ++r) {
        slopes_[r].gradient += own[2 * r] * one;
        slopes_[r].product += own[2 * r + 1] * one;
      }
    }
    for (int r = 0; r < rows; ++r) of_row_[r] = {0, scale[r]};
  }

  PoolArray<RowSlopes<T>> slopes_;
};

}  // namespace sluice

// How the rows of a batch are ordered and cut into slices, and where each row's steps lie in time.
#pragma once

#include <cstdint>

#include "sluice/engine/padding.h"
#include "sluice/tensor/pool_array.h"

namespace sluice {

/// A row's steps need not lie side by side: one that a mask leaves out does not exist for the loop.
/// Slices are chosen by the shape, never by the number of threads, so that sums over them are the
/// same for any. Ragged rows are sorted by length and dealt a few neighbours at a time, to the
/// slices forth and back: every slice gets as much to do, at each step those still running come
/// first, and as their ends lie close together there are seldom too few for a register tile.
class RowPlan {
 public:
  RowPlan() = default;
  /// Throws Error "layer.lengths" if there is not one length in [1, steps] for each row.
  RowPlan(int steps, int batch, int slices, const Padding& padding);

  bool ragged() const { return !row_.empty(); }
  int slices() const { return slices_; }
  int steps() const { return steps_; }
  int batch() const { return batch_; }
  /// Positions [begin(i), begin(i + 1)) are the rows of slice i.
  int begin(int slice) const;
  int count(int slice) const { return begin(slice + 1) - begin(slice); }
  /// [steps] rows of a slice still running at each of their own steps; null if all are.
  const int* active(int slice) const {
    return ragged() ? active_.data() + static_cast<ptrdiff_t>(slice) * steps_ : nullptr;
  }
  /// The row of the batch at a position.
  int row(int position) const { return ragged() ? row_[position] : position; }
  /// The same of all positions from one on; null where they are the positions.
  const int* rows(int position) const { return ragged() ? row_.data() + position : nullptr; }
  int length(int position) const { return ragged() ? length_[position] : steps_; }
  bool has_gaps() const { return times_.size() > 0; }  ///< between the steps of a row
  /// Time index of own step s of the row at a position.
  int time(int position, int s, bool reverse) const {
    const int length = this->length(position), own = reverse ? length - 1 - s : s;
    if (has_gaps()) return times_[static_cast<ptrdiff_t>(position) * steps_ + own];
    return own + (left_ ? steps_ - length : 0);
  }

 private:
  int steps_ = 0, batch_ = 0, slices_ = 1;
  bool left_ = false;
  PoolArray<int> row_, length_, active_;
  PoolArray<int> times_;  // [position][own step], where rows have gaps
};

}  // namespace sluice

// Where the steps of each slice part into segments, whose states at the start are all that a
// forward pass keeps: the backward pass runs each of them forward again.
#pragma once

#include "sluice/engine/cell_layout.h"
#include "sluice/engine/row_plan.h"

namespace sluice {

/// Segments have at least the wanted steps. They begin where the backward loop adds the weights'
/// gradients anyway, so that these have the same bits as without.
class SegmentPlan {
 public:
  SegmentPlan() = default;
  SegmentPlan(const CellLayout& layout, const RowPlan& plan, size_t number_size, int wanted);

  bool empty() const { return begins_.empty(); }
  int count(int slice) const { return counts_[slice]; }
  /// Own steps [begin(slice, i), begin(slice, i + 1)) of a slice's rows.
  int begin(int slice, int i) const { return begins_[slice * (most_ + 1) + i]; }
  int most() const { return most_; }        ///< segments of a slice
  int longest() const { return longest_; }  ///< steps of a segment

 private:
  int most_ = 0, longest_ = 0;
  PoolArray<int> counts_, begins_;
};

}  // namespace sluice

// Where the true steps of every row stand in a sequence.
#pragma once

#include <cstdint>

#include "sluice/autograd/variable.h"
#include "sluice/engine/row_plan.h"

namespace sluice {

/// For sequences [T,B,F], or [B,T,F] with `batch_first`, of any F. A place is the number of a step
/// of a row among their T·B.
class OwnSteps {
 public:
  /// Throws Error "layer.lengths" or "layer.mask" as every recurrent layer does.
  OwnSteps(const Shape& x, bool batch_first, const Padding& padding);

  int steps() const { return plan_.steps(); }
  int batch() const { return plan_.batch(); }
  int length(int row) const { return plan_.length(position(row)); }
  int64_t place(int row, int own_step) const;
  /// The shape of a sequence of these rows.
  Shape shape(int64_t width) const;

  /// Zeros in the padding, whatever stands there.
  Variable without_padding(const Variable& x) const;
  /// 1 for each true step, 0 for padding, [B,T] or [T,B] as the sequence; undefined where all are
  /// true.
  Tensor marks() const;
  /// [B,F]: each row's last true step, or its first, where a reverse direction ends.
  Variable last(const Variable& x) const;
  Variable first(const Variable& x) const;

 private:
  int position(int row) const { return plan_.ragged() ? position_[row] : row; }
  Variable pick(const Variable& x, bool last) const;

  RowPlan plan_;
  bool batch_first_;
  PoolArray<int> position_;  // of each row in the plan
};

}  // namespace sluice

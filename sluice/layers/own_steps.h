// Where the true steps of every row stand in a sequence.
#pragma once

#include <cstdint>

#include "sluice/autograd/variable.h"
#include "sluice/layers/module.h"
#include "sluice/tensor/pool_array.h"

namespace sluice {

/// For sequences [T,B,F], or [B,T,F] with `batch_first`, of any F. A place is the number of a step
/// of a row among their T·B.
class OwnSteps {
 public:
  /// Throws Error "layer.lengths" if there is not one length in [1, T] for each row.
  OwnSteps(const Shape& x, bool batch_first, const Padding& padding);

  int steps() const { return steps_; }
  int batch() const { return batch_; }
  bool batch_first() const { return batch_first_; }
  int length(int row) const { return ragged() ? lengths_[row] : steps_; }
  int64_t place(int row, int own_step) const;
  /// The shape of a sequence of these rows.
  Shape shape(int64_t width) const;

  /// Zeros in the padding, whatever stands there.
  Variable without_padding(const Variable& x) const;
  /// [B,F]: each row's last true step, or its first, where a reverse direction ends.
  Variable last(const Variable& x) const;
  Variable first(const Variable& x) const;

 private:
  bool ragged() const { return !lengths_.empty(); }
  Variable pick(const Variable& x, bool last) const;

  int steps_, batch_;
  bool batch_first_, left_;
  PoolArray<int> lengths_;
};

}  // namespace sluice

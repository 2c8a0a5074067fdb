// Some rows of a dataset as tensors of their own.
#pragma once

#include <cstdint>
#include <span>

#include "sluice/train/trainer.h"

namespace sluice {

/// Throws Error "train.data" unless x, y and the lengths have the same number of rows, at least 1.
void check_dataset(const Dataset& data, const char* name);

/// Filled again and again without touching the heap.
class Batch {
 public:
  /// Takes the rows in the given order; all rows in their own order are shared, not copied.
  void gather(const Dataset& data, std::span<const int64_t> rows);
  /// Rows [begin, end).
  void gather_range(const Dataset& data, int64_t begin, int64_t end);

  const Tensor& x() const { return x_; }
  const Tensor& y() const { return y_; }
  const Padding& padding() const { return padding_; }
  /// What the loss skips: the padding where targets have steps, else nothing.
  const Padding& target_padding() const;

 private:
  template <class RowOf>
  void take(const Dataset& data, int64_t count, RowOf&& row_of);

  Tensor x_, y_;
  Padding padding_;
};

}  // namespace sluice

#include "sluice/layers/own_steps.h"

#include <algorithm>
#include <utility>

#include "sluice/autograd/gather.h"
#include "sluice/layers/row_plan.h"

namespace sluice {

OwnSteps::OwnSteps(const Shape& x, bool batch_first, const Padding& padding)
    : steps_(static_cast<int>(x[batch_first ? 1 : 0])),
      batch_(static_cast<int>(x[batch_first ? 0 : 1])),
      batch_first_(batch_first),
      left_(padding.left),
      lengths_(padding.lengths.size()) {
  if (!ragged()) return;
  // The plan refuses lengths that do not fit, in the words of every recurrent layer.
  const RowPlan checked(steps_, batch_, 1, padding);
  std::copy(padding.lengths.begin(), padding.lengths.end(), lengths_.begin());
}

int64_t OwnSteps::place(int row, int own_step) const {
  const int64_t time = (left_ ? steps_ - length(row) : 0) + own_step;
  return batch_first_ ? int64_t{row} * steps_ + time : time * batch_ + row;
}

Shape OwnSteps::shape(int64_t width) const {
  return batch_first_ ? Shape{batch_, steps_, width} : Shape{steps_, batch_, width};
}

Variable OwnSteps::without_padding(const Variable& x) const {
  if (!ragged()) return x;
  PoolArray<int64_t> from(static_cast<size_t>(steps_) * batch_);
  std::fill(from.begin(), from.end(), -1);
  for (int row = 0; row < batch_; ++row)
    for (int s = 0; s < length(row); ++s) from[place(row, s)] = place(row, s);
  return gather_rows(x, std::move(from), x.shape());
}

Variable OwnSteps::pick(const Variable& x, bool last) const {
  PoolArray<int64_t> from(batch_);
  for (int row = 0; row < batch_; ++row) from[row] = place(row, last ? length(row) - 1 : 0);
  return gather_rows(x, std::move(from), {batch_, x.shape()[-1]});
}

Variable OwnSteps::last(const Variable& x) const { return pick(x, true); }
Variable OwnSteps::first(const Variable& x) const { return pick(x, false); }

}  // namespace sluice

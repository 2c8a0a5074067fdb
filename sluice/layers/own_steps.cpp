#include "sluice/layers/own_steps.h"

#include <algorithm>
#include <utility>

#include "sluice/autograd/gather.h"

namespace sluice {

OwnSteps::OwnSteps(const Shape& x, bool batch_first, const Padding& padding)
    : plan_(static_cast<int>(x[batch_first ? 1 : 0]), static_cast<int>(x[batch_first ? 0 : 1]), 1,
            padding),
      batch_first_(batch_first),
      position_(plan_.ragged() ? batch() : 0) {
  for (size_t p = 0; p < position_.size(); ++p)
    position_[plan_.row(static_cast<int>(p))] = static_cast<int>(p);
}

int64_t OwnSteps::place(int row, int own_step) const {
  const int64_t time = plan_.time(position(row), own_step, false);
  return batch_first_ ? int64_t{row} * steps() + time : time * batch() + row;
}

Shape OwnSteps::shape(int64_t width) const {
  return batch_first_ ? Shape{batch(), steps(), width} : Shape{steps(), batch(), width};
}

Variable OwnSteps::without_padding(const Variable& x) const {
  if (!plan_.ragged()) return x;
  PoolArray<int64_t> from(static_cast<size_t>(steps()) * batch());
  std::fill(from.begin(), from.end(), -1);
  for (int row = 0; row < batch(); ++row)
    for (int s = 0; s < length(row); ++s) from[place(row, s)] = place(row, s);
  return gather_rows(x, std::move(from), x.shape());
}

Tensor OwnSteps::marks() const {
  if (!plan_.ragged()) return {};
  const Shape three = shape(1);
  Tensor marks({three[0], three[1]});
  for (int row = 0; row < batch(); ++row)
    for (int step = 0; step < length(row); ++step) marks.data<float>()[place(row, step)] = 1;
  return marks;
}

Variable OwnSteps::pick(const Variable& x, bool last) const {
  PoolArray<int64_t> from(batch());
  for (int row = 0; row < batch(); ++row) from[row] = place(row, last ? length(row) - 1 : 0);
  return gather_rows(x, std::move(from), {batch(), x.shape()[-1]});
}

Variable OwnSteps::last(const Variable& x) const { return pick(x, true); }
Variable OwnSteps::first(const Variable& x) const { return pick(x, false); }

}  // namespace sluice

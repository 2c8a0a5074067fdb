#include "sluice/layers/wrappers.h"

#include <algorithm>
#include <utility>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/gather.h"
#include "sluice/autograd/repeat.h"
#include "sluice/base/error.h"
#include "sluice/layers/own_steps.h"

namespace sluice {

namespace {

std::unique_ptr<Module> checked(std::unique_ptr<Module> layer, const char* where) {
  if (!layer) fail_config("layer.undefined", where, "there is no layer in it", "make one first");
  return layer;
}

// [rows, …], the rest being the axes of `shape` from `first` on.
Shape with_rows(int64_t rows, const Shape& shape, int first) {
  Shape result{rows};
  for (int axis = first; axis < shape.rank(); ++axis) result.push_back(shape[axis]);
  return result;
}

// [B,T,…], the rest being the axes of `y` [rows, …].
Shape with_steps(const Shape& x, const Shape& y) {
  Shape result{x[0], x[1]};
  for (int axis = 1; axis < y.rank(); ++axis) result.push_back(y[axis]);
  return result;
}

Variable flat(const Variable& x, int64_t rows) {
  return reshape(x, {rows, x.value().numel() / rows});
}

// The true steps of ragged rows one behind the other.
struct TrueSteps {
  int64_t count = 0;
  PoolArray<int64_t> place;   // [count] among all steps
  PoolArray<int64_t> number;  // [B·T] among the true ones, −1 for padding

  TrueSteps(const Shape& x, const Padding& padding) : number(x[0] * x[1]) {
    const OwnSteps steps({x[0], x[1], 1}, true, padding);
    std::fill(number.begin(), number.end(), int64_t{-1});
    for (int row = 0; row < steps.batch(); ++row)
      for (int step = 0; step < steps.length(row); ++step) number[steps.place(row, step)] = count++;
    place = PoolArray<int64_t>(count);
    for (size_t i = 0; i < number.size(); ++i)
      if (number[i] >= 0) place[number[i]] = static_cast<int64_t>(i);
  }
};

}  // namespace

Residual::Residual(std::unique_ptr<Module> layer) : layer_(checked(std::move(layer), "residual")) {
  add("layer", *layer_);
}

Variable Residual::forward(const Variable& x, const Padding& padding) {
  const Variable y = (*layer_)(x, padding);
  if (!(y.shape() == x.shape()))
    fail_config("layer.shape", "residual",
                "the layer makes " + y.shape().to_string() + " of " + x.shape().to_string() +
                    ", which cannot be added to it",
                "give the layer as many outputs as inputs, and all steps");
  return x + y;
}

TimeDistributed::TimeDistributed(std::unique_ptr<Module> layer)
    : layer_(checked(std::move(layer), "time_distributed")) {
  add("layer", *layer_);
}

Variable TimeDistributed::forward(const Variable& x, const Padding& padding) {
  const Shape& shape = x.shape();
  if (shape.rank() < 2)
    fail_config("layer.shape", "time_distributed",
                "an input of shape " + shape.to_string() + " has no steps", "give [B,T,…]");
  if (padding.lengths.empty()) {
    const Variable y = (*layer_)(reshape(x, with_rows(shape[0] * shape[1], shape, 2)));
    return reshape(y, with_steps(shape, y.shape()));
  }
  TrueSteps steps(shape, padding);
  const Variable rows = gather_rows(flat(x, shape[0] * shape[1]), std::move(steps.place),
                                    {steps.count, x.value().numel() / (shape[0] * shape[1])});
  const Variable y = (*layer_)(reshape(rows, with_rows(steps.count, shape, 2)));
  const int64_t width = y.value().numel() / steps.count;
  const Variable back =
      gather_rows(flat(y, steps.count), std::move(steps.number), {shape[0] * shape[1], width});
  return reshape(back, with_steps(shape, y.shape()));
}

RepeatVector::RepeatVector(int count) : count_(count) {
  if (count < 1)
    fail_config("layer.size", "repeat_vector.count", "the number of steps must be positive",
                "set it to the steps of the result");
}

Variable RepeatVector::forward(const Variable& x, const Padding&) {
  if (x.shape().rank() != 2)
    fail_config("layer.shape", "repeat_vector",
                "an input of shape " + x.shape().to_string() + " is not [B,F]",
                "let the layer before it hand on its last step (outputs: last)");
  return repeat(x, 1, count_);
}

}  // namespace sluice

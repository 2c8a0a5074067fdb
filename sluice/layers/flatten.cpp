#include "sluice/layers/flatten.h"

#include <string>

#include "sluice/autograd/arrange.h"
#include "sluice/base/error.h"

namespace sluice {

Flatten::Flatten(int steps) : steps_(steps) {
  if (steps < 1)
    fail_config("layer.size", "flatten.steps",
                "the number of steps must be positive, not " + std::to_string(steps),
                "set it to the lookback");
}

Variable Flatten::forward(const Variable& x, const Padding&) {
  const Shape& shape = x.shape();
  const int64_t steps = shape.rank() > 2 ? shape[1] : 1;
  if (shape.rank() < 2 || (steps != steps_ && steps_ != 1))
    fail_config("layer.shape", "flatten",
                "an input of shape " + shape.to_string() + " does not have " +
                    std::to_string(steps_) + " steps",
                "set steps to the second axis");
  return reshape(x, {shape[0], x.value().numel() / shape[0]});
}

}  // namespace sluice

#include "sluice/layers/module.h"

namespace sluice {

int64_t Module::parameter_count() const {
  int64_t count = 0;
  for (const auto& [name, tensor] : state()) count += tensor.numel();
  return count;
}

Shape shape_behind(Module& module, const Shape& input) {
  const NoGrad no_grad;
  const bool training = module.training();
  module.eval();
  const Shape shape = module.forward(Variable(Tensor(input))).shape();
  module.train(training);
  return shape;
}

}  // namespace sluice

#include "sluice/layers/linear.h"

#include "sluice/autograd/matmul.h"
#include "sluice/base/error.h"
#include "sluice/layers/initialization.h"

namespace sluice {

Linear::Linear(const LinearOptions& options, Generator& generator) {
  if (options.input_size < 1 || options.output_size < 1)
    fail_config("layer.size", "linear",
                "sizes must be positive, not " + std::to_string(options.input_size) + " and " +
                    std::to_string(options.output_size),
                "set output_size to 1 or more");
  Tensor weight(Shape{options.output_size, options.input_size});
  Tensor bias = options.bias ? Tensor(Shape{options.output_size}) : Tensor();
  fill_weight_and_bias(weight, bias, {options.input_size, options.output_size},
                       {options.initialization, "linear.initialization"}, generator);
  weight_ = add_parameter("weight", weight);
  if (options.bias) bias_ = add_parameter("bias", bias);
}

Variable Linear::forward(const Variable& x, const Padding&) { return linear(x, weight_, bias_); }

}  // namespace sluice

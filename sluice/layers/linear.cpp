#include "sluice/layers/linear.h"

#include <cmath>

#include "sluice/autograd/matmul.h"
#include "sluice/base/error.h"
#include "sluice/layers/initialization.h"
#include "sluice/layers/parameter.h"

namespace sluice {

namespace {

void fill_as(const LinearOptions& options, Tensor& weight, Tensor& bias, Generator& generator) {
  const Fans fans{options.input_size, options.output_size};
  if (options.initialization == "pytorch") {
    fill_kaiming_uniform(weight, fans, generator);
    if (bias.defined()) fill_uniform(bias, 1 / std::sqrt(static_cast<double>(fans.in)), generator);
  } else if (options.initialization == "keras") {
    fill_glorot_uniform(weight, fans, generator);
  } else if (options.initialization != "zeros") {
    fail_config("config.choice", "linear.initialization",
                "\"" + options.initialization + "\" is not one of pytorch, keras, zeros",
                suggest(options.initialization, {"pytorch", "keras", "zeros"}));
  }
}

}  // namespace

Linear::Linear(const LinearOptions& options, Generator& generator) {
  if (options.input_size < 1 || options.output_size < 1)
    fail_config("layer.size", "linear",
                "sizes must be positive, not " + std::to_string(options.input_size) + " and " +
                    std::to_string(options.output_size),
                "set output_size to 1 or more");
  Tensor weight(Shape{options.output_size, options.input_size});
  Tensor bias = options.bias ? Tensor(Shape{options.output_size}) : Tensor();
  fill_as(options, weight, bias, generator);
  weight_ = Variable(weight, true);
  if (options.bias) bias_ = Variable(bias, true);
}

Variable Linear::forward(const Variable& x, const Padding&) { return linear(x, weight_, bias_); }

std::vector<Variable> Linear::parameters() const {
  if (!bias_.defined()) return {weight_};
  return {weight_, bias_};
}

NamedTensors Linear::state() const {
  NamedTensors state = {{"weight", weight_.value().clone()}};
  if (bias_.defined()) state.emplace_back("bias", bias_.value().clone());
  return state;
}

NamedTensors Linear::gradients() const {
  NamedTensors gradients = {{"weight", gradient_of(weight_)}};
  if (bias_.defined()) gradients.emplace_back("bias", gradient_of(bias_));
  return gradients;
}

void Linear::load_state(const NamedTensors& given) {
  refuse_strangers(given, state());
  load_parameter(weight_, given, "weight");
  if (bias_.defined()) load_parameter(bias_, given, "bias");
}

void Linear::to(DType dtype) {
  convert_parameter(weight_, dtype);
  if (bias_.defined()) convert_parameter(bias_, dtype);
}

}  // namespace sluice

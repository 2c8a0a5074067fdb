#include "sluice/layers/conv1d.h"

#include <algorithm>

#include "sluice/autograd/convolution.h"
#include "sluice/base/error.h"
#include "sluice/layers/initialization.h"

namespace sluice {

namespace {

void check(const Conv1dOptions& o) {
  if (std::min({o.in_channels, o.out_channels, o.kernel_size, o.stride, o.dilation, o.groups}) < 1)
    fail_config("layer.size", "conv1d",
                "a size, stride, dilation or number of groups is not positive",
                "set them to 1 or more");
  if (o.in_channels % o.groups != 0 || o.out_channels % o.groups != 0)
    fail_config("layer.size", "conv1d.groups",
                std::to_string(o.groups) + " groups do not divide " +
                    std::to_string(o.in_channels) + " channels in and " +
                    std::to_string(o.out_channels) + " out",
                "choose a divisor of both");
}

}  // namespace

Conv1d::Conv1d(const Conv1dOptions& options, Generator& generator) : options_(options) {
  check(options);
  const int64_t inputs = options.in_channels / options.groups, taps = options.kernel_size;
  Tensor weight({options.out_channels, inputs, taps});
  Tensor bias = options.bias ? Tensor({options.out_channels}) : Tensor();
  fill_weight_and_bias(weight, bias, {inputs * taps, options.out_channels * taps},
                       {options.initialization, "conv1d.initialization"}, generator);
  weight_ = add_parameter("weight", weight);
  if (options.bias) bias_ = add_parameter("bias", bias);
}

Variable Conv1d::forward(const Variable& x, const Padding& padding) {
  const Shape& shape = x.shape();
  if (shape.rank() != 3 || shape[2] != options_.in_channels)
    fail_config("layer.shape", "conv1d",
                "an input of shape " + shape.to_string() + " is not [B,T," +
                    std::to_string(options_.in_channels) + "]",
                "give time before channels, in_channels of them");
  const WindowAxis time = options_.padding.around({.size = shape[1],
                                                   .kernel = options_.kernel_size,
                                                   .stride = options_.stride,
                                                   .dilation = options_.dilation});
  return conv1d(padding_as_zeros(x, padding, time, "conv1d"), weight_, bias_, time,
                options_.groups);
}

}  // namespace sluice

#include "sluice/autograd/convolution.h"

#include <string>

#include "sluice/autograd/arrange.h"
#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/convolve.h"
#include "sluice/tensor/reduce.h"

namespace sluice {

namespace {

class ConvolutionNode : public Node {
 public:
  ConvolutionNode(const Variable& x, const Variable& weight, const Variable& bias,
                  const Convolution& plan)
      : Node({x, weight, bias}), x_(x.value()), weight_(weight.value()), plan_(plan) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    dispatch(x_.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T *const grad = grads[0].data<T>(), *const weight = weight_.data<T>();
      if (const auto [dx, add] = target_of<T>(input(0)); dx)
        convolve_to_input(plan_, grad, weight, dx, add);
      if (const auto [dw, add] = target_of<T>(input(1)); dw)
        convolve_to_weight(plan_, x_.data<T>(), grad, dw, add);
    });
    if (input(2).requires_grad()) add_row_sums(input(2).grad_buffer(), grads[0]);
  }

 private:
  Tensor x_, weight_;
  Convolution plan_;
};

void check(const Variable& x, const Variable& weight, const Variable& bias, int groups) {
  const Shape &in = x.shape(), &w = weight.shape();
  const bool fits =
      in.rank() == 4 && w.rank() == 4 && groups > 0 && in[3] == w[1] * groups &&
      w[0] % groups == 0 && w.numel() > 0 && x.dtype() == weight.dtype() &&
      (!bias.defined() || (bias.value().numel() == w[0] && bias.dtype() == x.dtype()));
  if (!fits)
    fail_config("autograd.convolution", "convolution",
                "an input of shape " + in.to_string() +
                    " (channels last) does not fit a weight of "
                    "shape " +
                    w.to_string() + " in " + std::to_string(groups) + " groups",
                "a weight is [outputs, channels / groups, kernel]");
}

Convolution plan_of(const Shape& x, const Shape& weight, WindowAxis rows, WindowAxis columns,
                    int groups) {
  rows.size = x[1];
  columns.size = x[2];
  rows.kernel = weight[2];
  columns.kernel = weight[3];
  const Convolution plan{{rows, columns, x[3], 0, weight[1]}, x[0], weight[0], groups};
  if (plan.grid.windows() < 1 && x[0] > 0)
    fail_config("autograd.convolution", "convolution",
                "a kernel of " + std::to_string(rows.kernel) + " by " +
                    std::to_string(columns.kernel) + " does not fit into " + x.to_string(),
                "shorten the kernel or its dilation, or pad the input");
  return plan;
}

}  // namespace

Variable conv2d(const Variable& x, const Variable& weight, const Variable& bias, WindowAxis rows,
                WindowAxis columns, int groups) {
  check(x, weight, bias, groups);
  const Convolution plan = plan_of(x.shape(), weight.shape(), rows, columns, groups);
  Tensor out = Tensor::uninitialized(
      {plan.images, plan.grid.rows.count(), plan.grid.columns.count(), plan.outputs}, x.dtype());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    convolve(plan, x.value().data<T>(), weight.value().data<T>(),
             bias.defined() ? bias.value().data<T>() : nullptr, out.data<T>());
  });
  return Variable::from_node(
      out, needs_node({x, weight, bias}) ? new ConvolutionNode(x, weight, bias, plan) : nullptr);
}

Variable conv1d(const Variable& x, const Variable& weight, const Variable& bias, WindowAxis time,
                int groups) {
  const Shape &in = x.shape(), &w = weight.shape();
  if (in.rank() != 3 || w.rank() != 3)
    fail_config("autograd.convolution", "conv1d",
                "an input of shape " + in.to_string() + " and a weight of shape " + w.to_string() +
                    " are not [B,T,C] and [O,C,K]",
                "give sequences with time before channels");
  const Variable y = conv2d(reshape(x, {in[0], 1, in[1], in[2]}),
                            reshape(weight, {w[0], w[1], 1, w[2]}), bias, {}, time, groups);
  return reshape(y, {in[0], y.shape()[2], w[0]});
}

}  // namespace sluice

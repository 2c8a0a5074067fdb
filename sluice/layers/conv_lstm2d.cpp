#include "sluice/layers/conv_lstm2d.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/convolution.h"
#include "sluice/autograd/pointwise.h"
#include "sluice/base/error.h"
#include "sluice/layers/initialization.h"

namespace sluice {

namespace {

void check(const ConvLstm2dOptions& o) {
  if (std::min({o.in_channels, o.out_channels, o.kernel_rows, o.kernel_columns, o.stride_rows,
                o.stride_columns}) < 1)
    fail_config("layer.size", "conv_lstm2d", "a size, kernel or stride is not positive",
                "set them to 1 or more");
  if (o.rows < 0 || o.columns < 0 || (o.rows == 0) != (o.columns == 0))
    fail_config("layer.size", "conv_lstm2d", "an image needs both rows and columns",
                "write for example rows: 1 and columns: 7");
  if (o.outputs == Outputs::none)
    fail_config("layer.outputs", "conv_lstm2d.outputs", "none leaves the result without an output",
                "use last: run() returns the states too");
  if (o.padding.is("causal"))
    fail_config("layer.padding", "conv_lstm2d.padding", "images have no causal padding",
                "write valid or same");
}

void fill_keras(Tensor& weight_ih, Tensor& weight_hh, Tensor& bias, Generator& generator) {
  const int64_t taps = weight_ih.size(2) * weight_ih.size(3), gates = weight_ih.size(0);
  fill_glorot_uniform(weight_ih, {weight_ih.size(1) * taps, gates * taps}, generator);
  Tensor matrix = weight_hh.reshape({gates, weight_hh.numel() / gates});  // the same memory
  fill_orthogonal(matrix, generator);
  if (bias.defined()) std::fill_n(bias.data<float>() + gates / 4, gates / 4, 1.0f);
}

void fill(const ConvLstm2dOptions& o, Tensor& weight_ih, Tensor& weight_hh, Tensor& bias,
          Generator& generator) {
  if (o.initialization == "keras") {
    fill_keras(weight_ih, weight_hh, bias, generator);
    return;
  }
  const int64_t taps = int64_t{o.kernel_rows} * o.kernel_columns, gates = weight_ih.size(0);
  const FirstValues values{o.initialization, "conv_lstm2d.initialization"};
  fill_weight_and_bias(weight_ih, bias, {o.in_channels * taps, gates * taps}, values, generator);
  Tensor none;
  fill_weight_and_bias(weight_hh, none, {o.out_channels * taps, gates * taps}, values, generator);
}

}  // namespace

ConvLstm2d::ConvLstm2d(const ConvLstm2dOptions& options, Generator& generator) : options_(options) {
  check(options);
  const int64_t gates = 4 * options.out_channels;
  const int64_t rows = options.kernel_rows, columns = options.kernel_columns;
  Tensor weight_ih({gates, options.in_channels, rows, columns});
  Tensor weight_hh({gates, options.out_channels, rows, columns});
  Tensor bias = options.bias ? Tensor({gates}) : Tensor();
  fill(options, weight_ih, weight_hh, bias, generator);
  weight_ih_ = add_parameter("weight_ih", weight_ih);
  weight_hh_ = add_parameter("weight_hh", weight_hh);
  if (options.bias) bias_ = add_parameter("bias", bias);
}

Variable ConvLstm2d::activated(const Variable& x) const {
  return options_.activation == CellSwitches::Activation::relu ? relu(x) : tanh(x);
}

Variable ConvLstm2d::gate(const Variable& x) const {
  if (options_.recurrent_activation == CellSwitches::Gate::sigmoid) return sigmoid(x);
  const bool keras2 = options_.recurrent_activation == CellSwitches::Gate::hard_sigmoid_keras2;
  return hard_sigmoid(x, keras2 ? 0.2 : 1.0 / 6);
}

// W * x_t + b of all steps at once, [B,T,H',W',4·O].
Variable ConvLstm2d::gates_of_input(const Variable& x) const {
  const Shape& in = x.shape();
  const WindowAxis rows = options_.padding.around(
      {.size = in[2], .kernel = options_.kernel_rows, .stride = options_.stride_rows});
  const WindowAxis columns = options_.padding.around(
      {.size = in[3], .kernel = options_.kernel_columns, .stride = options_.stride_columns});
  const Variable all =
      conv2d(reshape(x, {in[0] * in[1], in[2], in[3], in[4]}), weight_ih_, bias_, rows, columns);
  return reshape(all, {in[0], in[1], all.shape()[1], all.shape()[2], all.shape()[3]});
}

ConvLstm2dState ConvLstm2d::step(const Variable& gates_of_x, const ConvLstm2dState& before) const {
  Variable z = gates_of_x;
  if (before.h.defined()) {
    const Shape& h = before.h.shape();
    const WindowPadding same("same");
    z = z + conv2d(before.h, weight_hh_, {},
                   same.around({.size = h[1], .kernel = options_.kernel_rows}),
                   same.around({.size = h[2], .kernel = options_.kernel_columns}));
  }
  const int64_t size = options_.out_channels;
  const auto block = [&](int k) { return slice(z, -1, k * size, (k + 1) * size); };
  const Variable fresh = gate(block(0)) * activated(block(2));
  const Variable c = before.c.defined() ? gate(block(1)) * before.c + fresh : fresh;
  return {gate(block(3)) * activated(c), c};
}

ConvLstm2dResult ConvLstm2d::run(const Variable& x, const ConvLstm2dState& state) {
  const Shape& in = x.shape();
  if (in.rank() != 5 || in[1] < 1 || in[4] != options_.in_channels)
    fail_config("layer.shape", "conv_lstm2d",
                "an input of shape " + in.to_string() + " is not [B,T,H,W," +
                    std::to_string(options_.in_channels) + "]",
                "give images with the channels last, or set rows and columns");
  const Variable gates = gates_of_input(x);
  Shape one = gates.shape();
  one.set(1, 1);
  one.set(4, options_.out_channels);
  ConvLstm2dResult result{{}, state};
  std::vector<Variable> outputs;
  for (int64_t t = 0; t < in[1]; ++t) {
    result.state = step(select(gates, 1, t), result.state);
    if (options_.outputs == Outputs::all) outputs.push_back(reshape(result.state.h, one));
  }
  result.output = options_.outputs == Outputs::all ? concat(outputs, 1) : result.state.h;
  return result;
}

Variable ConvLstm2d::forward(const Variable& x, const Padding& padding) {
  if (!padding.lengths.empty())
    fail_config("layer.padding", "conv_lstm2d", "sequences of images must be of one length",
                "give rows of one length");
  if (options_.rows == 0) return run(x).output;
  const Shape& in = x.shape();
  const int64_t places = int64_t{options_.rows} * options_.columns;
  if (in.rank() != 3 || in[1] < places || in[1] % places != 0)
    fail_config("layer.shape", "conv_lstm2d",
                "an input of shape " + in.to_string() + " does not part into images of " +
                    std::to_string(places) + " steps",
                "let rows · columns divide the steps");
  const Variable y =
      run(reshape(x, {in[0], in[1] / places, options_.rows, options_.columns, in[2]})).output;
  return reshape(
      y, {in[0], y.value().numel() / (in[0] * options_.out_channels), options_.out_channels});
}

}  // namespace sluice

// Convolution and pooling layers: lengths, padding, ragged rows, first values, state and errors.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sluice/layers/conv1d.h"
#include "sluice/layers/pool1d.h"
#include "sluice/layers/sequential.h"
#include "support/failure.h"

namespace sluice {
namespace {

using test::failure;

Tensor ramp(const Shape& shape) {
  Tensor x(shape);
  for (int64_t i = 0; i < x.numel(); ++i) x.data<float>()[i] = static_cast<float>(i + 1);
  return x;
}

std::vector<float> numbers(const Variable& x) {
  return {x.value().values<float>().begin(), x.value().values<float>().end()};
}

std::string shape_behind(const Conv1dOptions& options, const Shape& in) {
  Generator generator(1);
  return Conv1d(options, generator).forward(Tensor(in)).shape().to_string();
}

TEST(Conv1d, Lengths) {
  EXPECT_EQ(
      shape_behind({.in_channels = 4, .out_channels = 2, .kernel_size = 3, .stride = 2}, {1, 9, 4}),
      "[1,4,2]");
  const Conv1dOptions same{.kernel_size = 4, .stride = 3, .padding = "same"};
  for (int steps = 1; steps < 9; ++steps)
    EXPECT_EQ(shape_behind(same, {1, steps, 1}), "[1," + std::to_string((steps + 2) / 3) + ",1]");
  EXPECT_EQ(shape_behind({.kernel_size = 5, .dilation = 3, .padding = "causal"}, {1, 6, 1}),
            "[1,6,1]");
  EXPECT_EQ(shape_behind({.kernel_size = 3, .padding = 1}, {1, 6, 1}), "[1,6,1]");
}

TEST(Conv1d, CountsItsParameters) {
  Generator generator(1);
  const Conv1d layer({.in_channels = 6, .out_channels = 4, .kernel_size = 5, .groups = 2},
                     generator);
  EXPECT_EQ(layer.parameter_count(), 4 * (6 / 2 * 5 + 1));
  EXPECT_EQ(layer.state()[0].second.shape().to_string(), "[4,3,5]");
}

// A causal convolution is a function of the past: what comes later changes nothing.
TEST(Conv1d, CausalSeesNoLaterStep) {
  Generator generator(1);
  Conv1d layer({.kernel_size = 3, .dilation = 2, .padding = "causal"}, generator);
  const Variable before = layer.forward(ramp({1, 8, 1}));
  Tensor changed = ramp({1, 8, 1});
  changed.data<float>()[5] = 100;
  const Variable after = layer.forward(changed);
  for (int t = 0; t < 8; ++t)
    EXPECT_EQ(before.value().item(t) == after.value().item(t), t != 5 && t != 7) << t;
}

TEST(Conv1d, PaddedStepsAreTheEdge) {
  Generator generator(1);
  Conv1d layer({.in_channels = 2, .out_channels = 3, .kernel_size = 3, .padding = "same"},
               generator);
  Tensor x = ramp({2, 5, 2});
  for (int i = 6; i < 10; ++i) x.data<float>()[i] = NAN;  // the first row has three steps
  const Variable input(x, true);
  const Variable y = layer.forward(input, {.lengths = {3, 5}});
  const Variable alone = layer.forward(ramp({1, 3, 2}));
  for (int i = 0; i < 9; ++i) EXPECT_EQ(y.value().item(i), alone.value().item(i));
  y.backward(Tensor::full(y.shape(), 1));
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(input.grad().item(i) == 0, i >= 6 && i < 10) << "no gradient in the padding";
  for (const auto& [name, gradient] : layer.gradients())
    for (float value : gradient.values<float>()) EXPECT_TRUE(std::isfinite(value)) << name;
  Conv1d shorter({.in_channels = 2, .kernel_size = 3}, generator);
  EXPECT_EQ(failure([&] { shorter.forward(x, {.lengths = {3, 5}}); }), "layer.padding conv1d");
  MaxPool1d pool;
  EXPECT_EQ(failure([&] { pool.forward(x, {.lengths = {3, 5}}); }), "layer.padding max_pool1d");
}

TEST(Conv1d, StateGoesRoundToTheBit) {
  const Conv1dOptions options{.in_channels = 3, .out_channels = 6, .kernel_size = 2, .groups = 3};
  Generator generator(1);
  Conv1d layer(options, generator), other(options, generator);
  const Tensor x = ramp({2, 7, 3});
  EXPECT_NE(numbers(layer.forward(x)), numbers(other.forward(x)));
  other.load_state(layer.state());
  EXPECT_EQ(numbers(layer.forward(x)), numbers(other.forward(x)));
  NamedTensors state = layer.state();
  state[0].first = "kernel";
  EXPECT_EQ(failure([&] { other.load_state(state); }), "layer.state kernel");
}

// A flatten behind a pooling has fewer steps than the window, and a list of layers knows it.
TEST(Conv1d, FlattensWhatIsLeft) {
  std::vector<LayerChoice> layers = {
      {"conv1d", {}}, {"max_pool1d", {}}, {"flatten", {}}, {"linear", {}}};
  layers[0].options.set("out_channels", "4");
  Generator generator(1);
  const auto model = make_sequential(layers, {1, 12, 2}, generator);
  EXPECT_EQ(model->state()[2].second.shape().to_string(), "[1,20]");
  EXPECT_EQ(model->forward(Tensor({3, 12, 2})).shape().to_string(), "[3,1]");
}

TEST(Conv1d, RefusesWhatItCannotBe) {
  Generator generator(1);
  EXPECT_EQ(failure([&] { Conv1d({.kernel_size = 0}, generator); }), "layer.size conv1d");
  EXPECT_EQ(failure([&] { Conv1d({.in_channels = 4, .out_channels = 3, .groups = 2}, generator); }),
            "layer.size conv1d.groups");
  EXPECT_EQ(failure([&] { Conv1d({.padding = "smae"}, generator); }), "config.choice padding");
  EXPECT_EQ(failure([&] { Conv1d({.padding = -1}, generator); }), "layer.padding padding");
  EXPECT_EQ(failure([&] { Conv1d({.initialization = "he"}, generator); }),
            "config.choice conv1d.initialization");
  Conv1d layer({.in_channels = 2}, generator);
  EXPECT_EQ(failure([&] { layer.forward(Tensor({2, 5, 3})); }), "layer.shape conv1d");
  EXPECT_EQ(failure([&] { layer.forward(Tensor({2, 2})); }), "layer.shape conv1d");
}

TEST(Pool1d, Values) {
  const Tensor x = ramp({1, 10, 1});
  EXPECT_EQ(numbers(MaxPool1d().forward(x)), (std::vector<float>{2, 4, 6, 8, 10}));
  EXPECT_EQ(numbers(MaxPool1d({.kernel_size = 3, .stride = 4}).forward(x)),
            (std::vector<float>{3, 7}));
  EXPECT_EQ(numbers(MaxPool1d({.kernel_size = 3, .stride = 4, .ceil_mode = true}).forward(x)),
            (std::vector<float>{3, 7, 10}));
  // Keras on JAX and on TensorFlow.
  EXPECT_EQ(numbers(AvgPool1d({.kernel_size = 4, .stride = 3, .padding = "same"}).forward(x)),
            (std::vector<float>{2, 4.5, 7.5, 9.5}));
}

TEST(Pool1d, RefusesWhatItCannotBe) {
  EXPECT_EQ(failure([] { MaxPool1d({.kernel_size = 0}); }), "layer.size max_pool1d");
  EXPECT_EQ(failure([] { AvgPool1d({.dilation = 2}); }), "layer.size avg_pool1d.dilation");
  EXPECT_EQ(failure([] { AvgPool1d({.padding = "causal"}); }), "layer.padding avg_pool1d.padding");
  EXPECT_EQ(failure([] { MaxPool1d().forward(Tensor({2, 5})); }), "layer.shape max_pool1d");
}

}  // namespace
}  // namespace sluice

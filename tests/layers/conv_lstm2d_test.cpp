// The convolutional LSTM: its state as a value, gradients through time, and what it refuses.
#include "sluice/layers/conv_lstm2d.h"

#include <gtest/gtest.h>

#include <vector>

#include "sluice/autograd/arrange.h"
#include "sluice/autograd/gradient_check.h"
#include "support/failure.h"

namespace sluice {
namespace {

using test::failure;

Variable drawn(const Shape& shape, DType dtype = DType::f32) {
  Tensor x(shape, dtype);
  Generator generator(8);
  dispatch(dtype, [&](auto zero) { generator.uniform(x.values<decltype(zero)>(), -1, 1); });
  return Variable(x, true);
}

ConvLstm2dOptions small() {
  return {.in_channels = 2, .out_channels = 3, .kernel_columns = 2, .padding = "same"};
}

TEST(ConvLstm2d, ASequenceCutInTwoGivesTheSameBits) {
  Generator generator(1);
  ConvLstm2d layer(small(), generator);
  const Variable x = drawn({2, 5, 2, 4, 2});
  const ConvLstm2dResult whole = layer.run(x);
  EXPECT_EQ(whole.output.shape().to_string(), "[2,5,2,4,3]");
  const ConvLstm2dResult head = layer.run(slice(x, 1, 0, 2));
  const ConvLstm2dResult tail = layer.run(slice(x, 1, 2, 5), head.state);
  const Tensor joined = concat({head.output, tail.output}, 1).value();
  for (int64_t i = 0; i < joined.numel(); ++i)
    ASSERT_EQ(joined.item(i), whole.output.value().item(i));
  for (int64_t i = 0; i < tail.state.c.value().numel(); ++i)
    ASSERT_EQ(tail.state.c.value().item(i), whole.state.c.value().item(i));
}

TEST(ConvLstm2d, GradientsThroughTheState) {
  Generator generator(1);
  ConvLstm2d layer(small(), generator);
  layer.to(DType::f64);
  const Variable x = drawn({1, 3, 2, 3, 2}, DType::f64);
  const ConvLstm2dState start{drawn({1, 2, 3, 3}, DType::f64), drawn({1, 2, 3, 3}, DType::f64)};
  std::vector<Variable> leaves = layer.parameters();
  leaves.insert(leaves.end(), {x, start.h, start.c});
  const GradientCheck check = check_gradients([&] { return layer.run(x, start).output; }, leaves);
  EXPECT_LE(check.deviation, 1e-7) << check.where;
}

TEST(ConvLstm2d, StartsAsKerasDoes) {
  Generator generator(1);
  ConvLstm2d layer(small(), generator);
  EXPECT_EQ(layer.parameter_count(), 4 * 3 * (2 * 2 + 3 * 2 + 1));
  const NamedTensors state = layer.state();
  for (int i = 0; i < 12; ++i) EXPECT_EQ(state[2].second.item(i), i >= 3 && i < 6);
  // The recurrent kernel [12,6] has orthonormal columns.
  for (int a = 0; a < 6; ++a)
    for (int b = 0; b < 6; ++b) {
      double product = 0;
      for (int row = 0; row < 12; ++row)
        product += state[1].second.item(row * 6 + a) * state[1].second.item(row * 6 + b);
      EXPECT_NEAR(product, a == b, 1e-6);
    }
}

TEST(ConvLstm2d, RefusesWhatItCannotBe) {
  Generator generator(1);
  EXPECT_EQ(failure([&] { ConvLstm2d({.out_channels = 0}, generator); }), "layer.size conv_lstm2d");
  EXPECT_EQ(failure([&] { ConvLstm2d({.rows = 1}, generator); }), "layer.size conv_lstm2d");
  EXPECT_EQ(failure([&] { ConvLstm2d({.padding = "causal"}, generator); }),
            "layer.padding conv_lstm2d.padding");
  ConvLstm2d layer({.in_channels = 2, .rows = 1, .columns = 4}, generator);
  EXPECT_EQ(failure([&] { layer.forward(drawn({2, 6, 2})); }), "layer.shape conv_lstm2d");
  EXPECT_EQ(failure([&] { layer.forward(drawn({2, 8, 2}), {.lengths = {8, 4}}); }),
            "layer.padding conv_lstm2d");
  EXPECT_EQ(failure([&] { layer.run(drawn({2, 8, 2})); }), "layer.shape conv_lstm2d");
}

}  // namespace
}  // namespace sluice

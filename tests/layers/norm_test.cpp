// Layer and batch normalisation: padding, running moments, what they refuse.
#include "sluice/layers/norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sluice/autograd/gradient_check.h"
#include "sluice/base/random.h"
#include "support/failure.h"

namespace sluice {
namespace {

using test::failure;

Tensor drawn(const Shape& shape, DType dtype = DType::f32) {
  Tensor x(shape, dtype);
  Generator generator(8);
  dispatch(dtype, [&](auto zero) { generator.uniform(x.values<decltype(zero)>(), -1, 3); });
  return x;
}

// Three rows of five steps; the second has two true steps, the others hold NaN.
constexpr int batch = 3, steps = 5, channels = 2;
const Padding ragged{.lengths = {5, 2, 4}};

Tensor with_nan(Tensor x) {
  const auto blank = [&](int row, int step) {
    dispatch(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      std::fill_n(x.data<T>() + (row * steps + step) * channels, channels, static_cast<T>(NAN));
    });
  };
  for (int step = 2; step < 5; ++step) blank(1, step);
  blank(2, 4);
  return x;
}

TEST(BatchNorm1d, PaddingCountsForNothing) {
  BatchNorm1d layer({.input_size = channels}), dense({.input_size = channels});
  const Tensor x = with_nan(drawn({batch, steps, channels}));
  // The eleven true steps as rows of their own.
  Tensor rows({11, channels});
  int64_t count = 0;
  for (int64_t place = 0; place < batch * steps; ++place)
    if (!std::isnan(x.item(place * channels)))
      for (int c = 0; c < channels; ++c)
        rows.data<float>()[count++] = x.data<float>()[place * channels + c];
  ASSERT_EQ(count, 22);
  const Tensor y = layer.forward(x, ragged).value(), wanted = dense.forward(rows).value();
  count = 0;
  for (int64_t i = 0; i < y.numel(); ++i) {
    if (std::isnan(x.item(i)))
      EXPECT_EQ(y.item(i), 0);
    else
      EXPECT_EQ(y.item(i), wanted.item(count++));
  }
  for (size_t k = 0; k < 4; ++k)
    for (int c = 0; c < channels; ++c)
      EXPECT_EQ(layer.state()[k].second.item(c), dense.state()[k].second.item(c));
}

template <class Layer>
void check_ragged_gradients(Layer& layer) {
  layer.to(DType::f64);
  const Variable x(with_nan(drawn({batch, steps, channels}, DType::f64)), true);
  const Variable y = layer.forward(x, ragged);
  y.backward(drawn(y.shape(), DType::f64));
  for (int64_t i = 0; i < x.value().numel(); ++i)
    EXPECT_TRUE(std::isfinite(x.grad().item(i)) &&
                (!std::isnan(x.value().item(i)) || x.grad().item(i) == 0));
  const std::vector<Variable> leaves = layer.parameters();
  EXPECT_LE(check_gradients([&] { return layer.forward(x, ragged); }, leaves).deviation, 1e-7);
}

TEST(BatchNorm1d, GradientsOfRaggedRows) {
  BatchNorm1d layer({.input_size = channels});
  check_ragged_gradients(layer);
}

TEST(LayerNorm, GradientsOfRaggedRows) {
  LayerNorm layer({.input_size = channels});
  check_ragged_gradients(layer);
}

TEST(BatchNorm1d, GradientsInBothModes) {
  BatchNorm1d layer({.input_size = 4});
  layer.to(DType::f64);
  const Variable x(drawn({6, 4}, DType::f64), true);
  std::vector<Variable> leaves = layer.parameters();
  leaves.push_back(x);
  EXPECT_LE(check_gradients([&] { return layer.forward(x); }, leaves).deviation, 1e-7);
  layer.eval();
  EXPECT_LE(check_gradients([&] { return layer.forward(x); }, leaves).deviation, 1e-7);
}

TEST(BatchNorm1d, FollowsTheMomentsWhileTraining) {
  BatchNorm1d layer({.input_size = 1, .momentum = 0.5});
  const std::vector<float> x = {1, 3};
  layer.forward(Tensor::from(std::span<const float>(x), {2, 1}));
  EXPECT_EQ(layer.state()[2].second.item(), 1);    // (0 + 2) / 2
  EXPECT_EQ(layer.state()[3].second.item(), 1.5);  // (1 + 2) / 2, the unbiased variance being 2
  layer.eval();
  layer.forward(Tensor({2, 1}));
  EXPECT_EQ(layer.state()[2].second.item(), 1) << "evaluation must leave no trace";
  EXPECT_EQ(layer.parameter_count(), 2);
  EXPECT_EQ(layer.buffer_count(), 2);
}

TEST(Norm, RefusesWhatItCannotBe) {
  EXPECT_EQ(failure([] { LayerNorm({.input_size = 0}); }), "layer.size layer_norm");
  EXPECT_EQ(failure([] { BatchNorm1d({.epsilon = 0}); }), "layer.size batch_norm1d");
  EXPECT_EQ(failure([] { BatchNorm1d({.momentum = 2}); }), "layer.size batch_norm1d.momentum");
  EXPECT_EQ(failure([] { LayerNorm({.input_size = 3}).forward(Tensor({2, 4})); }),
            "layer.shape layer_norm");
  EXPECT_EQ(failure([] { BatchNorm1d({.input_size = 3}).forward(Tensor({1, 3})); }),
            "layer.batch batch_norm1d");
}

}  // namespace
}  // namespace sluice

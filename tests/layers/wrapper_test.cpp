// Layers around layers: residual, time-distributed, and the vector at every step.
#include "sluice/layers/wrappers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sluice/layers/flatten.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/norm.h"
#include "sluice/layers/registry.h"
#include "support/failure.h"

namespace sluice {
namespace {

using test::failure;

Tensor ramp(const Shape& shape) {
  Tensor x(shape);
  for (int64_t i = 0; i < x.numel(); ++i) x.data<float>()[i] = static_cast<float>(i);
  return x;
}

TEST(Residual, AddsWhatGoesIn) {
  Residual layer(std::make_unique<LayerNorm>(LayerNormOptions{.input_size = 2}));
  const std::vector<float> x = {1, 3};
  const Tensor y = layer.forward(Tensor::from(std::span<const float>(x), {1, 2})).value();
  EXPECT_NEAR(y.item(0), 0, 1e-4);
  EXPECT_NEAR(y.item(1), 4, 1e-4);
  EXPECT_EQ(layer.state()[0].first, "layer.weight");
  Generator generator(1);
  Residual narrow(std::make_unique<Linear>(LinearOptions{.input_size = 2}, generator));
  EXPECT_EQ(failure([&] { narrow.forward(ramp({3, 2})); }), "layer.shape residual");
  EXPECT_EQ(failure([] { Residual(nullptr); }), "layer.undefined residual");
}

TEST(TimeDistributed, EveryStepIsABatchOfItsOwn) {
  TimeDistributed layer(std::make_unique<Flatten>(3));
  const Tensor x = ramp({2, 4, 3, 5});
  const Tensor y = layer.forward(x).value();
  EXPECT_EQ(y.shape().to_string(), "[2,4,15]");
  for (int64_t i = 0; i < x.numel(); ++i) EXPECT_EQ(y.item(i), x.item(i));
  EXPECT_EQ(failure([&] { layer.forward(ramp({4})); }), "layer.shape time_distributed");
}

// What a batch norm sees shows whether padding was among the rows.
TEST(TimeDistributed, TheLayerSeesTrueStepsAlone) {
  TimeDistributed layer(std::make_unique<BatchNorm1d>(BatchNormOptions{.input_size = 1}));
  BatchNorm1d plain({.input_size = 1});
  Tensor x = ramp({2, 3, 1});
  x.data<float>()[2] = NAN;
  const Padding padding{.lengths = {2, 3}};
  const Tensor y = layer.forward(x, padding).value(), wanted = plain.forward(x, padding).value();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(y.item(i), wanted.item(i));
  EXPECT_EQ(y.item(2), 0);
}

TEST(RepeatVector, IsTheSameAtEveryStep) {
  RepeatVector layer(3);
  const Tensor y = layer.forward(ramp({2, 2})).value();
  EXPECT_EQ(y.shape().to_string(), "[2,3,2]");
  for (int i : {6, 8, 10}) EXPECT_EQ(y.item(i), 2);
  EXPECT_EQ(failure([&] { layer.forward(ramp({2, 2, 2})); }), "layer.shape repeat_vector");
  EXPECT_EQ(failure([] { RepeatVector(0); }), "layer.size repeat_vector.count");
}

TEST(Wrapper, OptionsGoToTheLayerInside) {
  Generator generator(1);
  Options options("model[2]");
  options.set("layer", "conv1d");
  options.set("out_channels", "4");
  options.set("padding", "causal");
  const auto layer = make_layer("residual", options, 4, generator);
  EXPECT_EQ(layer->forward(ramp({2, 5, 4})).shape().to_string(), "[2,5,4]");
  options.set("out_chanels", "4");
  EXPECT_EQ(failure([&] { make_layer("residual", options, 4, generator); }),
            "config.unknown_key model[2].out_chanels");
}

}  // namespace
}  // namespace sluice

// Penalties of activations: to PyTorch's numbers, their gradients, padding, and in a model.
#include "sluice/layers/activity_penalty.h"

#include <gtest/gtest.h>

#include "golden_file.h"
#include "recurrent_case.h"
#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/gradient_check.h"
#include "sluice/base/error.h"
#include "sluice/layers/sequential.h"
#include "sluice/train/trainer.h"

namespace sluice {
namespace {

TEST(ActivityPenalty, IsMerityS) {
  const test::GoldenTensors golden({"penalties", "activities"});
  const auto about = golden.description();
  ActivityPenalty layer({about["activation"], about["temporal_activation"]});
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Variable h(golden.get("h").to(dtype).clone(), true);
    EXPECT_EQ(test::first_difference(layer.forward(h).value(), h.value()), "");
    const Variable penalty = layer.take_penalty();
    penalty.backward();
    golden.expect("penalty", dtype, penalty.value());
    golden.expect("gradient/h", dtype, h.grad());
  }
}

TEST(ActivityPenalty, LeavesPaddingOut) {
  const Padding rows[] = {{{3, 1}, false}, {{3, 1}, true}, masked({1, 1, 0, 1, 0, 1, 0, 0}, 4)};
  for (const Padding& padding : rows) {
    const Variable h(test::draw({2, 4, 3}, DType::f64, 6), true);
    ActivityPenalty layer({2, 3});
    const auto run = [&] {
      layer.forward(h, padding);
      return layer.take_penalty();
    };
    const GradientCheck check = check_gradients(run, std::vector{h});
    EXPECT_LE(check.deviation, 1e-7) << check.where;
    double squares = 0, changes = 0;
    int steps = 0, pairs = 0;
    const auto real = [&](int b, int t) {
      if (!padding.real.empty()) return padding.real[static_cast<size_t>(b * 4 + t)] != 0;
      return padding.left ? t >= 4 - padding.lengths[b] : t < padding.lengths[b];
    };
    for (int b = 0; b < 2; ++b)
      for (int t = 0; t < 4; ++t) {
        const bool pair = t < 3 && real(b, t) && real(b, t + 1);
        steps += real(b, t), pairs += pair;
        for (int i = 0; i < 3; ++i) {
          const double x = h.value().item((b * 4 + t) * 3 + i);
          if (real(b, t)) squares += x * x;
          if (pair) changes += std::pow(x - h.value().item((b * 4 + t + 1) * 3 + i), 2);
        }
      }
    EXPECT_NEAR(run().value().item(), 2 * squares / (3 * steps) + 3 * changes / (3 * pairs), 1e-12);
    for (int64_t i = 0; i < h.value().numel(); ++i) {
      const bool counts = real(static_cast<int>(i / 12), static_cast<int>(i / 3 % 4));
      EXPECT_TRUE(counts || h.grad().item(i) == 0) << i;
    }
  }
}

TEST(ActivityPenalty, IsOfTheLastPassAndOfTrainingAlone) {
  ActivityPenalty layer({1, 0});
  EXPECT_FALSE(layer.take_penalty().defined());
  const Variable one(Tensor::full({1, 2, 1}, 1)), two(Tensor::full({1, 2, 1}, 2));
  layer.forward(two);
  layer.forward(one);
  EXPECT_EQ(layer.take_penalty().value().item(), 1);
  EXPECT_FALSE(layer.take_penalty().defined());
  layer.eval();
  layer.forward(one);
  EXPECT_FALSE(layer.take_penalty().defined());
  EXPECT_THROW(ActivityPenalty({-1, 0}), Error);
}

/// A recurrent layer whose activations are penalised, and a head for every step.
std::unique_ptr<Sequential> model(const char* factor) {
  std::vector<LayerChoice> layers = {{"lstm", {}}, {"activity_penalty", {}}, {"linear", {}}};
  layers[0].options.set("hidden_size", "6");
  layers[0].options.set("outputs", "all");
  layers[1].options.set("activation", factor);
  Generator generator(2);
  return make_sequential(layers, 2, generator);
}

TEST(ActivityPenalty, MakesActivationsSmallerInTraining) {
  Dataset data{test::draw({10, 5, 2}, DType::f32, 1), test::draw({10, 5, 1}, DType::f32, 2), {}};
  TrainOptions options;
  options.epochs = 40;
  options.learning_rate = 0.02;
  double sizes[2];
  for (int i : {0, 1}) {
    const auto layers = model(i == 0 ? "0" : "5");
    fit(*layers, data, nullptr, options);
    const Tensor h = (*layers)[0].forward(Variable(data.x)).value();
    sizes[i] = 0;
    for (int64_t k = 0; k < h.numel(); ++k) sizes[i] += h.item(k) * h.item(k);
  }
  EXPECT_LT(sizes[1], 0.5 * sizes[0]);
}

}  // namespace
}  // namespace sluice

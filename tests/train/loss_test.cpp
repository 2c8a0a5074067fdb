#include "sluice/train/loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/gradient_check.h"
#include "sluice/base/error.h"
#include "sluice/base/parallel.h"
#include "sluice/base/random.h"

namespace sluice {
namespace {

Tensor random_tensor(const Shape& shape, uint64_t seed, DType dtype = DType::f64) {
  Tensor value(shape, dtype);
  Generator generator(seed);
  dispatch(dtype, [&](auto zero) { generator.uniform(value.values<decltype(zero)>(), -1, 1); });
  return value;
}

TEST(Loss, KnownValues) {
  const std::vector<float> guess = {1, 2, 3, 4}, truth = {1, 0, 6, 4};
  const Variable prediction(Tensor::from(std::span<const float>(guess), {2, 2}));
  const Tensor target = Tensor::from(std::span<const float>(truth), {2, 2});
  EXPECT_FLOAT_EQ(static_cast<float>(mse_loss(prediction, target).value().item()), 13.0f / 4);
  EXPECT_FLOAT_EQ(static_cast<float>(mae_loss(prediction, target).value().item()), 5.0f / 4);
}

TEST(Loss, GradientsOfEveryLossWithAndWithoutPadding) {
  for (const auto& row : loss_registry())
    for (const Padding& padding :
         {Padding{}, Padding{{4, 1, 0}, false}, Padding{{4, 1, 0}, true}}) {
      const std::vector<Variable> x = {Variable(random_tensor({3, 4, 2}, 1), true)};
      const Tensor target = random_tensor({3, 4, 2}, 2);
      const GradientCheck check =
          check_gradients([&] { return 3 * row.make(x[0], target, padding); }, x);
      EXPECT_LE(check.deviation, 1e-7) << row.name << " " << check.where;
    }
}

// NaN behind the true steps must reach neither the loss nor the gradient.
TEST(Loss, PaddingMayHoldNaN) {
  for (const auto& row : loss_registry())
    for (bool left : {false, true}) {
      Tensor guess = random_tensor({2, 3, 1}, 1), truth = random_tensor({2, 3, 1}, 2);
      const double nan = std::numeric_limits<double>::quiet_NaN();
      const int64_t padded = left ? 3 : 5;  // row 1 has two steps
      guess.data<double>()[padded] = truth.data<double>()[padded] = nan;
      const Variable prediction(guess, true);
      const Variable loss = row.make(prediction, truth, {{3, 2}, left});
      loss.backward();
      EXPECT_TRUE(std::isfinite(loss.value().item()));
      for (int64_t i = 0; i < 6; ++i) {
        EXPECT_TRUE(std::isfinite(prediction.grad().item(i)));
        EXPECT_EQ(prediction.grad().item(i) == 0, i == padded);
      }
      double expected = 0;
      for (int64_t i = 0; i < 6; ++i) {
        if (i == padded) continue;
        const double error = guess.item(i) - truth.item(i);
        expected += (row.name == "mse" ? error * error : std::abs(error)) / 5;
      }
      EXPECT_NEAR(loss.value().item(), expected, 1e-12);
    }
}

TEST(Loss, ShowsNaNWhereItCounts) {
  Tensor guess({4}, DType::f32);
  guess.data<float>()[2] = std::numeric_limits<float>::quiet_NaN();
  for (const auto& row : loss_registry())
    EXPECT_TRUE(std::isnan(row.make(Variable(guess), Tensor({4}), {}).value().item())) << row.name;
}

TEST(Loss, RefusesWhatDoesNotFit) {
  const Variable prediction(Tensor({2, 3}));
  EXPECT_THROW(mse_loss(prediction, Tensor({2})), Error);
  EXPECT_THROW(mse_loss(prediction, Tensor({2, 3}, DType::f64)), Error);
  EXPECT_THROW(mse_loss(prediction, Tensor({2, 3}), {{1}, false}), Error);
  EXPECT_THROW(mse_loss(prediction, Tensor({2, 3}), {{1, 4}, false}), Error);
  EXPECT_THROW(mse_loss(prediction, Tensor({2, 3}), {{1, -1}, false}), Error);
  EXPECT_THROW(find_loss("msee"), Error);
}

TEST(Loss, SameBitsForAnyThreads) {
  const Tensor target = random_tensor({300, 401}, 2, DType::f32);
  double first = 0;
  for (int threads : {1, 2, 3, 5}) {
    set_num_threads(threads);
    const Variable prediction(random_tensor({300, 401}, 1, DType::f32));
    const double value = mse_loss(prediction, target).value().item();
    if (threads == 1) first = value;
    EXPECT_EQ(value, first);
  }
  set_num_threads(0);
}

TEST(Loss, PassesOverGaps) {
  const std::vector<float> truth = {1, 2, 3, 4, 5, 6}, guessed = {2, 9, 3, 9, 9, 8};
  const Tensor target = Tensor::from(std::span<const float>(truth), {2, 3});
  const Variable guess(Tensor::from(std::span<const float>(guessed), {2, 3}), true);
  const Variable loss = mse_loss(guess, target, masked({1, 0, 1, 0, 0, 1}, 3));
  EXPECT_NEAR(loss.value().item(), (1.0 + 0 + 4) / 3, 1e-6);
  loss.backward();
  const double slopes[] = {2.0 / 3, 0, 0, 0, 0, 4.0 / 3};
  for (int i = 0; i < 6; ++i) EXPECT_NEAR(guess.grad().item(i), slopes[i], 1e-6) << i;
}

}  // namespace
}  // namespace sluice

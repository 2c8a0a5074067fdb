// Losses against PyTorch and Keras (tests/golden/make_losses.py), their gradients, padding, bits.
#include "sluice/train/loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/gradient_check.h"
#include "sluice/base/error.h"
#include "sluice/base/parallel.h"
#include "sluice/base/random.h"
#include "sluice/io/safetensors.h"
#include "sluice/train/gamma.h"
#include "support/allocation_counter.h"

namespace sluice {
namespace {

using nlohmann::json;

const Safetensors& golden() {
  static const Safetensors file =
      read_safetensors(std::string(SLUICE_SOURCE_DIR) + "/tests/golden/losses.safetensors");
  return file;
}

const Tensor& part(const std::string& name) {
  for (const auto& [known, tensor] : golden().tensors)
    if (known == name) return tensor;
  throw std::out_of_range(name);
}

double deviation(const Tensor& expected, const Tensor& actual) {
  double largest = 0, worst = 0;
  for (int64_t i = 0; i < expected.numel(); ++i) {
    largest = std::max(largest, std::abs(expected.item(i)));
    worst = std::max(worst, std::abs(expected.item(i) - actual.item(i)));
  }
  return worst / largest;
}

class LossGolden : public testing::TestWithParam<std::string> {};

TEST_P(LossGolden, ValueAndGradientOfTheFramework) {
  const std::string name = GetParam();
  const json about = json::parse(golden().metadata.at(name));
  Options options;
  for (const auto& [key, value] : about["options"].items()) options.set(key, value);
  const auto loss = make_loss(about["loss"], options);
  Padding padding;
  if (!about["lengths"].is_null()) padding.lengths = about["lengths"].get<std::vector<int>>();
  for (DType dtype : {DType::f32, DType::f64}) {
    const Variable prediction(part(name + "/prediction").to(dtype).clone(), true);
    const Variable value = (*loss)(prediction, part(name + "/target").to(dtype), padding);
    value.backward();
    // Both are measured against the reference in double: its float32 densities err by 5e-6.
    // Keras' means go through float32 in either precision.
    const double most = dtype == DType::f32 ? 1e-6 : about["keras"] ? 1e-7 : 1e-12;
    EXPECT_LE(deviation(part(name + "/f64/loss"), value.value()), most);
    EXPECT_LE(deviation(part(name + "/f64/gradient"), prediction.grad()), most);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Frameworks, LossGolden,
    testing::ValuesIn(json::parse(golden().metadata.at("cases")).get<std::vector<std::string>>()),
    [](const auto& each) { return each.param; });

constexpr int64_t classes = 5;

// Every loss, with predictions and targets that suit it.
struct LossCase {
  std::string name;
  std::unique_ptr<Loss> loss;
  Tensor prediction, target;
};

// [rows,steps,targets] targets, and as many numbers for each as the loss takes.
LossCase make_case(const std::string& name, const Shape& shape, DType dtype = DType::f64) {
  LossCase result{name, make_loss(name), {}, Tensor(shape, dtype)};
  const int width = result.loss->outputs() == 0 ? classes : result.loss->outputs();
  Shape wide = shape;
  wide.set(-1, shape[-1] * width);
  result.prediction = Tensor(wide, dtype);
  Generator generator(7);
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    generator.uniform(result.prediction.values<T>(), -1, 1);
    generator.uniform(result.target.values<T>(), -1, 1);
    const bool whole = result.loss->outputs() == 0 || name == "negative_binomial";
    for (T& value : result.target.values<T>())
      if (whole) value = std::floor((value + 1) / 2 * static_cast<T>(classes));
  });
  return result;
}

std::vector<LossCase> all_cases(const Shape& shape, DType dtype = DType::f64) {
  std::vector<LossCase> cases;
  for (const auto& row : loss_registry()) cases.push_back(make_case(row.name, shape, dtype));
  return cases;
}

TEST(Loss, KnownValues) {
  const std::vector<float> guess = {1, 2, 3, 4}, truth = {1, 0, 6, 4};
  const Variable prediction(Tensor::from(std::span<const float>(guess), {2, 2}));
  const Tensor target = Tensor::from(std::span<const float>(truth), {2, 2});
  EXPECT_FLOAT_EQ(static_cast<float>(mse_loss(prediction, target).value().item()), 13.0f / 4);
  EXPECT_FLOAT_EQ(static_cast<float>(mae_loss(prediction, target).value().item()), 5.0f / 4);
}

TEST(Loss, GradientsOfEveryLossWithAndWithoutPadding) {
  for (const LossCase& one : all_cases({3, 4, 2}))
    for (const Padding& padding :
         {Padding{}, Padding{{4, 1, 0}, false}, Padding{{4, 1, 0}, true}}) {
      const std::vector<Variable> x = {Variable(one.prediction, true)};
      const GradientCheck check =
          check_gradients([&] { return 3 * (*one.loss)(x[0], one.target, padding); }, x);
      EXPECT_LE(check.deviation, 1e-7) << one.name << " " << check.where;
    }
}

// NaN behind the true steps must reach neither the loss nor the gradient, and what is left is the
// loss of the true steps alone.
TEST(Loss, PaddingMayHoldNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const LossCase& one : all_cases({2, 3, 1}))
    for (bool left : {false, true}) {
      const int64_t width = one.prediction.size(-1), padded = left ? 3 : 5;  // row 1 has two steps
      Tensor guess = one.prediction.clone(), truth = one.target.clone();
      truth.data<double>()[padded] = nan;
      std::fill_n(guess.data<double>() + padded * width, width, nan);
      Tensor kept_guess({5, width}, DType::f64), kept_truth({5, 1}, DType::f64);
      for (int64_t i = 0, row = 0; i < 6; ++i) {
        if (i == padded) continue;
        std::copy_n(guess.data<double>() + i * width, width,
                    kept_guess.data<double>() + row * width);
        kept_truth.data<double>()[row++] = truth.item(i);
      }
      const Variable prediction(guess, true);
      const Variable loss = (*one.loss)(prediction, truth, {{3, 2}, left});
      loss.backward();
      EXPECT_NEAR(loss.value().item(), (*one.loss)(Variable(kept_guess), kept_truth).value().item(),
                  1e-12)
          << one.name;
      for (int64_t i = 0; i < 6 * width; ++i)
        EXPECT_EQ(prediction.grad().item(i) == 0, i / width == padded) << one.name;
    }
}

TEST(Loss, ShowsNaNWhereItCounts) {
  for (const LossCase& one : all_cases({1, 4, 1}, DType::f32))
    for (int64_t at = 0; at < one.prediction.numel(); ++at) {
      Tensor guess = one.prediction.clone();
      guess.data<float>()[at] = std::numeric_limits<float>::quiet_NaN();
      EXPECT_TRUE(std::isnan((*one.loss)(Variable(guess), one.target).value().item())) << one.name;
    }
}

TEST(Loss, LargeNumbersStayFinite) {
  for (const LossCase& one : all_cases({1, 4, 2}))
    for (double size : {-500.0, 500.0}) {
      const Variable prediction(Tensor::full(one.prediction.shape(), size, DType::f64), true);
      const Variable loss = (*one.loss)(prediction, one.target);
      loss.backward();
      EXPECT_TRUE(std::isfinite(loss.value().item())) << one.name;
      for (double slope : prediction.grad().values<double>())
        EXPECT_TRUE(std::isfinite(slope)) << one.name;
    }
}

TEST(Loss, RefusesWhatDoesNotFit) {
  const Variable prediction(Tensor({2, 3}));
  EXPECT_THROW(mse_loss(prediction, Tensor({2})), Error);
  EXPECT_THROW(mse_loss(prediction, Tensor({2, 3}, DType::f64)), Error);
  EXPECT_THROW(mse_loss(prediction, Tensor({2, 3}), {{1}, false}), Error);
  EXPECT_THROW(mse_loss(prediction, Tensor({2, 3}), {{1, 4}, false}), Error);
  EXPECT_THROW(mse_loss(prediction, Tensor({2, 3}), {{1, -1}, false}), Error);
  EXPECT_THROW((*make_loss("pinball"))(prediction, Tensor({2, 3})), Error);
  EXPECT_THROW((*make_loss("gaussian"))(prediction, Tensor({2, 1})), Error);
  EXPECT_THROW((*make_loss("cross_entropy"))(prediction, Tensor({3, 1})), Error);
  EXPECT_THROW((*make_loss("cross_entropy"))(prediction, Tensor::full({2, 1}, 3)), Error);
  EXPECT_THROW((*make_loss("cross_entropy"))(prediction, Tensor::full({2, 1}, 0.5)), Error);
  EXPECT_THROW((*make_loss("cross_entropy"))(prediction, Tensor::full({2, 1}, -1)), Error);
}

Options with(const std::string& key, const std::string& value) {
  Options options;
  options.set(key, value);
  return options;
}

TEST(Loss, RefusesWrongOptions) {
  EXPECT_THROW(make_loss("msee"), Error);
  EXPECT_THROW(make_loss("mse", with("delta", "1")), Error);
  EXPECT_THROW(make_loss("huber", with("delta", "0")), Error);
  EXPECT_THROW(make_loss("pinball", with("quantiles", "0.5, 1")), Error);
  EXPECT_THROW(make_loss("pinball", with("quantiles", "0.5; 0.9")), Error);
  EXPECT_THROW(make_loss("cross_entropy", with("label_smoothing", "1")), Error);
  EXPECT_THROW(make_loss("cross_entropy", with("ignore_index", "none")), Error);
}

TEST(Loss, DocumentsItsOptions) {
  for (const auto& row : loss_registry()) {
    const Options options;
    make_loss(row.name, options);
    std::vector<std::string> documented, asked = options.asked();
    for (const OptionDoc& option : row.options) documented.push_back(option.name);
    std::sort(documented.begin(), documented.end());
    std::sort(asked.begin(), asked.end());
    EXPECT_EQ(documented, asked) << row.name;
  }
}

// The same numbers in a shape with an axis more, and classes without an axis of their own.
TEST(Loss, TakesEitherShapeOfSeveralNumbers) {
  const LossCase pinball = make_case("pinball", {3, 4, 2});
  const Tensor apart = pinball.prediction.reshape({3, 4, 2, 3});
  EXPECT_EQ((*pinball.loss)(Variable(apart), pinball.target).value().item(),
            (*pinball.loss)(Variable(pinball.prediction), pinball.target).value().item());
  const LossCase entropy = make_case("cross_entropy", {6, 1});
  EXPECT_EQ(
      (*entropy.loss)(Variable(entropy.prediction), entropy.target.reshape({6})).value().item(),
      (*entropy.loss)(Variable(entropy.prediction), entropy.target).value().item());
}

TEST(Loss, SameBitsForAnyThreads) {
  for (const std::vector<int>& lengths : {std::vector<int>{}, std::vector<int>(30, 377)})
    for (const LossCase& one : all_cases({30, 401, 7}, DType::f32)) {
      double first = 0;
      std::vector<float> first_slopes;
      for (int threads : {1, 2, 3, 5}) {
        set_num_threads(threads);
        const Variable prediction(one.prediction, true);
        const Variable loss = (*one.loss)(prediction, one.target, {lengths, false});
        loss.backward();
        const auto slopes = prediction.grad().values<float>();
        if (threads == 1) first = loss.value().item();
        if (threads == 1) first_slopes.assign(slopes.begin(), slopes.end());
        EXPECT_EQ(loss.value().item(), first) << one.name << ", " << threads << " threads";
        EXPECT_TRUE(std::equal(slopes.begin(), slopes.end(), first_slopes.begin())) << one.name;
      }
    }
  set_num_threads(0);
}

TEST(Loss, NeverTouchesTheHeapOnceWarm) {
  if (!test::can_count_allocations()) GTEST_SKIP() << "the sanitizer owns the heap";
  for (const LossCase& one : all_cases({30, 401, 7}, DType::f32)) {
    const Variable prediction(one.prediction, true);
    for (int round = 0; round < 2; ++round) (*one.loss)(prediction, one.target).backward();
    const test::AllocationCounter counter;
    (*one.loss)(prediction, one.target).backward();
    EXPECT_EQ(counter.count(), 0) << one.name;
  }
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

Tensor of(const std::vector<double>& values, const Shape& shape) {
  return Tensor::from(std::span<const double>(values), shape);
}

TEST(Loss, PointsAndParameters) {
  const auto soft = [](double x) { return std::log1p(std::exp(x)) + 1e-6; };
  const auto gaussian = make_loss("gaussian");
  const Tensor two = of({0.3, -1, 2, 0.5}, {2, 2});
  EXPECT_NEAR(gaussian->parameters(two).item(1), soft(-1), 1e-12);
  EXPECT_EQ(gaussian->point(two, {2, 1}).item(1), 2);
  EXPECT_NEAR(make_loss("negative_binomial")->point(two, {2, 1}).item(0), soft(0.3), 1e-12);
  EXPECT_NEAR(make_loss("student_t")->parameters(of({1, 2, 3}, {1, 3})).item(2), 2 + soft(3), 2e-6);
  EXPECT_EQ(make_loss("pinball", with("quantiles", "0.9, 0.4"))->point(two, {2, 1}).item(0), -1);
  EXPECT_EQ(make_loss("mse")->point(two, {2, 2}).item(3), 0.5);
  const auto entropy = make_loss("cross_entropy");
  const Tensor logits = of({1, 4, 2, 0, -1, -2}, {2, 3});
  EXPECT_EQ(entropy->point(logits, {2, 1}).item(0), 1);
  EXPECT_EQ(entropy->point(logits, {2, 1}).item(1), 0);
  EXPECT_NEAR(entropy->parameters(logits).item(0),
              std::exp(1) / (std::exp(1) + std::exp(4) + std::exp(2)), 1e-12);
  EXPECT_NEAR(make_loss("binary_cross_entropy")->point(two, {2, 2}).item(1), 1 / (1 + std::exp(1)),
              1e-12);
}

TEST(Gamma, AgreesWithTheCLibraryAndItsOwnSlope) {
  for (double x : {1e-6, 0.3, 0.5, 1.0, 2.5, 9.99, 10.0, 123.4, 1e6}) {
    EXPECT_NEAR(log_gamma(x), std::lgamma(x), 1e-14 * std::max(1.0, std::abs(std::lgamma(x)))) << x;
    EXPECT_NEAR(digamma(x + 1), digamma(x) + 1 / x, 1e-14 * std::max(1.0, 1 / x)) << x;
  }
  EXPECT_NEAR(digamma(1), -0.57721566490153286, 1e-14);
}

}  // namespace
}  // namespace sluice

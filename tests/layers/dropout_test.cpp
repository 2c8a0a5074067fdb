#include "sluice/layers/dropout.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sluice/autograd/reduce.h"
#include "sluice/base/error.h"
#include "sluice/base/parallel.h"
#include "sluice/layers/sequential.h"

namespace sluice {
namespace {

std::vector<double> masked(Dropout& layer, int64_t count, MaskKey key) {
  layer.set_mask_key(key);
  const Tensor y = layer.forward(Tensor::full({count}, 1)).value();
  std::vector<double> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(y.item(i));
  return values;
}

TEST(Dropout, KeepsTheMean) {
  Dropout layer(0.25, 1);
  const std::vector<double> mask = masked(layer, 100'000, {1, 0, 0});
  double zeros = 0, total = 0;
  for (double value : mask) {
    EXPECT_TRUE(value == 0 || std::abs(value - 4.0 / 3) < 1e-6);
    zeros += value == 0;
    total += value;
  }
  EXPECT_NEAR(zeros / 1e5, 0.25, 0.006);
  EXPECT_NEAR(total / 1e5, 1, 0.01);
}

TEST(Dropout, DoesNothingInEvaluation) {
  Dropout layer(0.9);
  layer.eval();
  const Variable x(Tensor::full({50}, 3), true);
  EXPECT_EQ(layer.forward(x).value().data<float>(), x.value().data<float>());
  Dropout off(0.0);
  EXPECT_EQ(off.forward(x).value().data<float>(), x.value().data<float>());
}

TEST(Dropout, EverythingInTheKeyChangesTheMask) {
  Dropout layer(0.5);
  const std::vector<double> mask = masked(layer, 64, {1, 2, 3});
  EXPECT_EQ(masked(layer, 64, {1, 2, 3}), mask);
  EXPECT_NE(masked(layer, 64, {2, 2, 3}), mask);
  EXPECT_NE(masked(layer, 64, {1ull << 40 | 1, 2, 3}), mask);
  EXPECT_NE(masked(layer, 64, {1, 3, 3}), mask);
  EXPECT_NE(masked(layer, 64, {1, 2, 4}), mask);
}

TEST(Dropout, PassesOfOneUpdateDiffer) {
  Dropout layer(0.5, 7);
  const Variable x(Tensor::full({64}, 1));
  const Tensor first = layer.forward(x).value(), second = layer.forward(x).value();
  int different = 0;
  for (int i = 0; i < 64; ++i) different += first.item(i) != second.item(i);
  EXPECT_GT(different, 10);
}

TEST(Dropout, LayersOfAModelDiffer) {
  Generator generator(1);
  const auto model = make_sequential({{"dropout", {}}, {"dropout", {}}}, 64, generator);
  const Variable x(Tensor::full({64}, 1));
  const Tensor first = (*model)[0].forward(x).value(), second = (*model)[1].forward(x).value();
  int different = 0;
  for (int i = 0; i < 64; ++i) different += first.item(i) != second.item(i);
  EXPECT_GT(different, 10);
}

TEST(Dropout, BackwardUsesTheSameMask) {
  Dropout layer(0.5, 3);
  const Variable x(Tensor::full({100'000}, 2), true);
  const Variable y = layer.forward(x);
  sum(y).backward();
  for (int64_t i = 0; i < 100'000; ++i) ASSERT_EQ(y.value().item(i), 2 * x.grad().item(i));
}

TEST(Dropout, DoesNotDependOnThreads) {
  Dropout layer(0.3);
  set_num_threads(1);
  const std::vector<double> mask = masked(layer, 200'001, {5, 6, 0});
  for (int threads : {2, 3, 5}) {
    set_num_threads(threads);
    EXPECT_TRUE(masked(layer, 200'001, {5, 6, 0}) == mask);
  }
  set_num_threads(0);
}

TEST(Dropout, RefusesRatesThatAreNone) {
  for (double rate : {-0.1, 1.0, 2.0, std::nan("")}) EXPECT_THROW(Dropout layer(rate), Error);
}

}  // namespace
}  // namespace sluice

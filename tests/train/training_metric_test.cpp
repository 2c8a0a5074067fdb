#include "sluice/train/training_metric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sluice/base/error.h"

namespace sluice {
namespace {

Tensor of(const std::vector<double>& values, const Shape& shape) {
  return Tensor::from(std::span<const double>(values), shape);
}

double score(const std::string& name, const Loss& loss, const ScoreSums& sums) {
  return find_training_metrics({name}, loss)[0].value(sums);
}

TEST(TrainingMetric, OfValuesByHand) {
  const auto loss = make_loss("mse");
  ScoreSums sums;
  sums.add(*loss, 0.5, of({1, 2, 3}, {3, 1}), of({1, 4, 2}, {3, 1}), {});
  EXPECT_NEAR(score("mae", *loss, sums), 1, 1e-15);
  EXPECT_NEAR(score("rmse", *loss, sums), std::sqrt(5.0 / 3), 1e-15);
  const double spread = (16 + 25 + 1) / 9.0;  // of 1, 4, 2 about 7/3
  EXPECT_NEAR(score("r2", *loss, sums), 1 - 5 / spread, 1e-12);
}

TEST(TrainingMetric, BatchesAddUpToTheWhole) {
  const auto loss = make_loss("mse");
  const std::vector<double> guess = {1e6 + 1, 1e6 + 2.5, 1e6 + 4, 1e6 + 2, 1e6},
                            truth = {1e6, 1e6 + 2, 1e6 + 3, 1e6 + 1, 1e6 + 2};
  ScoreSums whole, parts;
  whole.add(*loss, 0, of(guess, {5, 1}), of(truth, {5, 1}), {});
  for (size_t i = 0; i < 5; ++i)
    parts.add(*loss, 0, of({guess[i]}, {1, 1}), of({truth[i]}, {1, 1}), {});
  for (const char* name : {"mae", "rmse", "r2"})
    EXPECT_EQ(score(name, *loss, parts), score(name, *loss, whole)) << name;
  double mean = 0, spread = 0, squares = 0;
  for (double y : truth) mean += y / 5;
  for (size_t i = 0; i < 5; ++i) {
    spread += (truth[i] - mean) * (truth[i] - mean);
    squares += (truth[i] - guess[i]) * (truth[i] - guess[i]);
  }
  EXPECT_NEAR(score("r2", *loss, whole), 1 - squares / spread, 1e-9);
}

TEST(TrainingMetric, AccuracyAndPerplexityOfClasses) {
  Options ignore;
  ignore.set("ignore_index", "2");
  const auto loss = make_loss("cross_entropy", ignore);
  const Tensor logits = of({3, 1, 0, /**/ 0, 1, 3, /**/ 0, 4, 1, /**/ 9, 0, 0}, {4, 3});
  const Tensor classes = of({0, 1, 1, 2}, {4, 1});
  ScoreSums sums;
  const double value = (*loss)(Variable(logits), classes).value().item();
  sums.add(*loss, value, logits, classes, {});
  EXPECT_EQ(sums.count, 3);
  EXPECT_NEAR(score("accuracy", *loss, sums), 2.0 / 3, 1e-15);
  EXPECT_NEAR(score("perplexity", *loss, sums), std::exp(value), 1e-12);
}

TEST(TrainingMetric, AccuracyOfYesAndNo) {
  const auto loss = make_loss("binary_cross_entropy");
  ScoreSums sums;
  sums.add(*loss, 0, of({-2, 3, 0.1, -0.1}, {4, 1}), of({0, 1, 0, 1}, {4, 1}), {});
  EXPECT_EQ(score("accuracy", *loss, sums), 0.5);
}

TEST(TrainingMetric, PassesOverPadding) {
  const auto loss = make_loss("mse");
  const double nan = std::nan("");
  ScoreSums sums;
  sums.add(*loss, 0, of({1, 2, nan, 4, nan, nan}, {2, 3, 1}),
           of({2, 2, nan, 7, nan, nan}, {2, 3, 1}), {{2, 1}, false});
  EXPECT_EQ(sums.count, 3);
  EXPECT_NEAR(score("mae", *loss, sums), 4.0 / 3, 1e-15);
}

TEST(TrainingMetric, RefusesWhatMeansNothing) {
  EXPECT_THROW(find_training_metrics({"acuracy"}, *make_loss("cross_entropy")), Error);
  EXPECT_THROW(find_training_metrics({"accuracy"}, *make_loss("mse")), Error);
  EXPECT_THROW(find_training_metrics({"rmse"}, *make_loss("cross_entropy")), Error);
  EXPECT_THROW(find_training_metrics({"perplexity"}, *make_loss("binary_cross_entropy")), Error);
  EXPECT_EQ(find_training_metrics({"rmse", "r2"}, *make_loss("gaussian")).size(), 2u);
}

}  // namespace
}  // namespace sluice

#include "sluice/forecast/metric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "sluice/base/error.h"

namespace sluice {
namespace {

const double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Metric, FormulasOnThreePairs) {
  const std::vector<double> actual = {10, 20, 40}, predicted = {12, 18, 40};
  const Metrics metrics = score(actual, predicted, 4.0);
  EXPECT_DOUBLE_EQ(metrics.rmse, std::sqrt(8.0 / 3));
  EXPECT_DOUBLE_EQ(metrics.mae, 4.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.mape, (20.0 + 10.0) / 3);
  EXPECT_DOUBLE_EQ(metrics.smape, (400.0 / 22 + 400.0 / 38) / 3);
  EXPECT_DOUBLE_EQ(metrics.mase, 1.0 / 3);
  const double mean = 70.0 / 3;
  const double spread =
      (10 - mean) * (10 - mean) + (20 - mean) * (20 - mean) + (40 - mean) * (40 - mean);
  EXPECT_DOUBLE_EQ(metrics.r2, 1 - 8 / spread);
  EXPECT_EQ(metrics.count, 3);
}

TEST(Metric, MissingActualsAreLeftOut) {
  const std::vector<double> actual = {10, nan, 40}, predicted = {12, 18, 40};
  const Metrics metrics = score(actual, predicted, 1.0);
  EXPECT_EQ(metrics.count, 2);
  EXPECT_DOUBLE_EQ(metrics.mae, 1);
}

TEST(Metric, AForecastThatDoesNotExistHasNoScore) {
  const std::vector<double> actual = {10, 20}, predicted = {10, nan};
  EXPECT_TRUE(std::isnan(score(actual, predicted, 1.0).rmse));
}

TEST(Metric, ConstantSeriesHasNoR2AndNoMase) {
  const std::vector<double> constant(20, 7.0);
  const Metrics metrics = score(constant, constant, mase_scale(constant, 1));
  EXPECT_EQ(metrics.rmse, 0);
  EXPECT_TRUE(std::isnan(metrics.r2));
  EXPECT_TRUE(std::isnan(metrics.mase));
}

TEST(Metric, ZerosFollowTheWrittenFormula) {
  const std::vector<double> actual = {0, 0}, predicted = {0, 1};
  const Metrics metrics = score(actual, predicted, 1.0);
  EXPECT_DOUBLE_EQ(metrics.mape, 100 / 1e-7 / 2);
  EXPECT_DOUBLE_EQ(metrics.smape, 100);
}

TEST(Metric, MaseScaleIsTheInSampleSeasonalNaive) {
  const std::vector<double> training = {1, 5, 2, 7, nan, 6};
  EXPECT_DOUBLE_EQ(mase_scale(training, 2), (1 + 2 + 1) / 3.0);
  EXPECT_TRUE(std::isnan(mase_scale(training, 6)));
}

TEST(Metric, LengthsMustAgree) {
  const std::vector<double> one = {1}, two = {1, 2};
  EXPECT_THROW(score(one, two, 1.0), Error);
}

}  // namespace
}  // namespace sluice

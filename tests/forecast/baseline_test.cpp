#include "sluice/forecast/baseline.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <vector>

#include "sluice/forecast/metric.h"

namespace sluice {
namespace {

std::vector<double> passengers() {
  std::ifstream file(SLUICE_SOURCE_DIR "/data/airline-passengers.csv");
  std::vector<double> values;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) values.push_back(std::stod(line.substr(line.find(',') + 1)));
  return values;
}

// One-step RMSE over `points` months that end one before the last, as the notebooks count them.
double one_step_rmse(const Baseline& baseline, size_t points) {
  const std::vector<double> y = passengers();
  std::vector<double> actual, predicted;
  for (size_t t = y.size() - 1 - points; t < y.size() - 1; ++t) {
    actual.push_back(y[t]);
    predicted.push_back(baseline.forecast(std::span(y).first(t), 1, 12)[0]);
  }
  return score(actual, predicted, 1.0).rmse;
}

const Baseline& find(const std::string& name) {
  for (const Baseline& baseline : baseline_table())
    if (baseline.name == name) return baseline;
  throw std::runtime_error("no baseline " + name);
}

// Numbers from protocols, computed there independently; they hold no randomness.
TEST(Baseline, AirPassengersFloorsToThePrintedDigits) {
  ASSERT_EQ(passengers().size(), 144u);
  EXPECT_NEAR(one_step_rmse(find("naive"), 46), 48.66, 0.005);
  EXPECT_NEAR(one_step_rmse(find("seasonal_naive"), 46), 42.32, 0.005);
  EXPECT_NEAR(one_step_rmse(find("seasonal_ratio"), 46), 15.94, 0.005);
  EXPECT_NEAR(one_step_rmse(find("naive"), 44), 49.02, 0.005);
  EXPECT_NEAR(one_step_rmse(find("seasonal_naive"), 44), 42.72, 0.005);
  EXPECT_NEAR(one_step_rmse(find("seasonal_ratio"), 44), 16.18, 0.005);
}

// Horizon 6 of the same source: origins such that the sixth month falls on 1959-06…1960-12.
TEST(Baseline, SeasonalRatioSixMonthsAhead) {
  const std::vector<double> y = passengers();
  std::vector<double> actual, ratio, lag;
  for (size_t t = 125; t < y.size(); ++t) {
    actual.push_back(y[t]);
    ratio.push_back(seasonal_ratio(std::span(y).first(t - 5), 6, 12)[5]);
    lag.push_back(seasonal_naive(std::span(y).first(t - 5), 6, 12)[5]);
  }
  ASSERT_EQ(actual.size(), 19u);
  EXPECT_NEAR(score(actual, lag, 1.0).mape, 10.71, 0.005);
  EXPECT_NEAR(score(actual, ratio, 1.0).mape, 4.52, 0.005);
}

TEST(Baseline, SeasonalNaiveRepeatsTheLastSeason) {
  const std::vector<double> y = {9, 9, 1, 2, 3};
  EXPECT_EQ(seasonal_naive(y, 7, 3), (std::vector<double>{1, 2, 3, 1, 2, 3, 1}));
}

TEST(Baseline, SeasonalRatioGoesOnWithItsOwnForecasts) {
  const std::vector<double> y = {1, 2, 4, 8, 16};
  EXPECT_EQ(seasonal_ratio(y, 3, 2), (std::vector<double>{32, 64, 128}));
}

TEST(Baseline, WhatARuleCannotGiveIsNaN) {
  const std::vector<double> zeros(10, 0.0), few = {1, 2};
  EXPECT_TRUE(std::isnan(seasonal_ratio(zeros, 1, 3)[0]));
  EXPECT_TRUE(std::isnan(seasonal_ratio(few, 1, 3)[0]));
  EXPECT_TRUE(std::isnan(seasonal_naive(few, 1, 3)[0]));
  EXPECT_TRUE(std::isnan(naive({}, 1)[0]));
}

TEST(Baseline, MeanLeavesMissingValuesOut) {
  const std::vector<double> y = {1, std::nan(""), 5};
  EXPECT_EQ(mean_forecast(y, 2), (std::vector<double>{3, 3}));
}

}  // namespace
}  // namespace sluice

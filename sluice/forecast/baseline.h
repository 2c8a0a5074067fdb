// Forecasts that need no training: what a network has to beat to be worth its name.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace sluice {

/// A rule from the known values to the next `horizon` ones. `history` ends at the last known row.
/// A value that the rule cannot give (too little history, division by zero) is NaN.
struct Baseline {
  std::string name;
  std::string doc;    ///< one line: the rule
  bool needs_season;  ///< only run where the series has a season (season > 1)
  std::vector<double> (*forecast)(std::span<const double> history, int horizon, int season);
};

/// Every closed-rule baseline: naive, seasonal_naive, seasonal_ratio, mean. (Ridge is fitted, see
/// forecast/ridge.h.)
std::span<const Baseline> baseline_table();

/// The last value, repeated.
std::vector<double> naive(std::span<const double> history, int horizon, int season = 1);
/// The value one season before each target; beyond one season, the last season again.
std::vector<double> seasonal_naive(std::span<const double> history, int horizon, int season);
/// y[t−1]·y[t−m]/y[t−m−1] one step ahead; beyond, on its own forecasts.
std::vector<double> seasonal_ratio(std::span<const double> history, int horizon, int season);
/// The mean of everything known.
std::vector<double> mean_forecast(std::span<const double> history, int horizon, int season = 1);

}  // namespace sluice

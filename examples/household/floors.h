// What forecasts the household's weeks without a network, as models of a backtest.
#pragma once

#include "sluice/forecast/backtest.h"

namespace sluice {

/// The baselines of the backtest that the tutorials know too, the mean of 14 days, and least
/// squares from 14 and 21 days to the seven that follow.
std::vector<ModelForecasts> floors(const Series& series, const Backtest& backtest);

/// The frozen ridge of a recipe with linear_skip=ridge (resolved), without the network on it.
ModelForecasts frozen_ridge(const Series& series, const BacktestPlan& plan, const Recipe& recipe);

}  // namespace sluice

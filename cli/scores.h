// A backtest as leaderboard, JSON and CSV.
#pragma once

#include <string>

#include "console.h"
#include "sluice/forecast/backtest.h"
#include "sluice/report/document.h"

namespace sluice::cli {

/// Every model ranked; networks of several seeds also as the mean of their forecasts.
Leaderboard leaderboard_of(const Backtest& backtest);
/// The baselines alone, before the network is trained.
std::string print_scores(const Backtest& backtest);
/// RMSE at each step ahead; "" for one step.
std::string print_steps(const Backtest& backtest);
/// Leaderboard, per-window and per-step metrics.
Json scores_json(const Backtest& backtest, const Series& series);
/// unique_id, ds, cutoff, y, models.
std::string backtest_csv(const Backtest& backtest, const Series& series);

}  // namespace sluice::cli

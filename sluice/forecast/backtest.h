// Walk forward over the last rows: forecast, look, step on. Every model on the same windows.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sluice/forecast/forecaster.h"
#include "sluice/forecast/metric.h"
#include "sluice/forecast/recipe.h"
#include "sluice/forecast/series.h"

namespace sluice {

/// Where the windows lie and when models are fitted again.
struct BacktestPlan {
  int horizon = 1, step = 1;
  std::vector<int64_t> cutoffs;  ///< rows known at each window: its targets are the next ones
  int refit = 0;                 ///< fit again every so many windows; 0: once
  bool rolling = false;          ///< train on as many rows as before the first cutoff

  int64_t training_rows() const { return cutoffs.front(); }
};

/// From split, test, windows, step and refit; what is open covers about a quarter of the rows.
/// Throws Error "config.windows" or "data.too_short" with the numbers where it cannot be done.
BacktestPlan plan_backtest(const Recipe& recipe, const Series& series);

/// Forecasts of one model for every point (window after window, step after step).
struct ModelForecasts {
  std::string name;
  bool baseline = false;
  std::string detail;                     ///< what was chosen: ridge's transform and penalty
  std::vector<std::vector<double>> runs;  ///< [seeds][points]
  /// Mean over the runs [points].
  std::vector<double> mean() const;
};

/// The result: what happened and what each model had said.
struct Backtest {
  BacktestPlan plan;
  std::vector<double> actual;  ///< [points], NaN where the value is missing
  std::vector<double> scale;   ///< [points] MASE denominator: of the rows the model was fitted on
  std::vector<ModelForecasts> models;  ///< baselines first

  size_t points() const { return actual.size(); }
  /// Row of a point in the series.
  int64_t row(size_t point) const;
};

/// Mean and sample standard deviation of every metric over the runs of a model.
struct ModelScore {
  Metrics mean, sd;  ///< sd is NaN for a single run
  int runs = 1;
};
ModelScore score_model(const Backtest& backtest, const ModelForecasts& model);
/// The same for the points of one window, or of one step ahead (from 1), of all windows.
ModelScore score_window(const Backtest& backtest, const ModelForecasts& model, size_t window);
ModelScore score_step(const Backtest& backtest, const ModelForecasts& model, int step);

/// What a long run reports while it works; every function may be empty.
struct BacktestWatcher {
  TrainingOutput training;
  std::function<void(const Backtest&)> on_baselines;    ///< all baselines are done
  std::function<void(int done, int total)> on_network;  ///< networks trained, of how many
};

/// Runs the baselines, ridge and the recipe's network. A model for a window is fitted on, and
/// forecasts from, known(series, cutoff) and nothing else. Throws Error with ExitCode::interrupted
/// after Ctrl-C.
Backtest run_backtest(const Series& series, const Recipe& resolved, const BacktestPlan& plan,
                      const BacktestWatcher& watcher);

/// For the model file.
std::string backtest_to_json(const Backtest& backtest);
Backtest backtest_from_json(const std::string& text, const std::string& path);

}  // namespace sluice

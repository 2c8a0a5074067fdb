#include "sluice/forecast/backtest.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sluice/base/error.h"
#include "sluice/forecast/baseline.h"
#include "sluice/forecast/recipe_threads.h"
#include "sluice/forecast/ridge_forecaster.h"
#include "sluice/train/interrupt.h"

namespace sluice {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

// The rows a model is fitted on at a cutoff.
Series training_part(const Series& series, const BacktestPlan& plan, int64_t cutoff) {
  Series part = known(series, cutoff);
  if (plan.rolling) part.frame = slice(part.frame, cutoff - plan.training_rows(), cutoff);
  return part;
}

// The rows a network or ridge forecasts from. Where the target stands in the row of the inputs,
// those rows are there, but their target is blank.
Series forecast_part(const Series& series, const Recipe& recipe, int64_t cutoff) {
  if (recipe.target_at != "same") return known(series, cutoff);
  Series part = known(series, cutoff + recipe.horizon);
  for (Column& column : part.frame.columns)
    if (column.name == part.target)
      std::fill(column.values.end() - recipe.horizon, column.values.end(), missing);
  return part;
}

bool fits_at(const BacktestPlan& plan, size_t window) {
  return window == 0 || (plan.refit > 0 && window % static_cast<size_t>(plan.refit) == 0);
}

void append(std::vector<double>& all, const std::vector<double>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

void add_actuals(Backtest& backtest, const Series& series, const Recipe& recipe) {
  const std::span<const double> y = series.values();
  double scale = missing;
  for (size_t w = 0; w < backtest.plan.cutoffs.size(); ++w) {
    const int64_t cutoff = backtest.plan.cutoffs[w];
    if (fits_at(backtest.plan, w))
      scale = mase_scale(training_part(series, backtest.plan, cutoff).values(), *recipe.season);
    for (int h = 0; h < recipe.horizon; ++h) {
      backtest.actual.push_back(y[static_cast<size_t>(cutoff + h)]);
      backtest.scale.push_back(scale);
    }
  }
}

void add_rules(Backtest& backtest, const Series& series, const Recipe& recipe) {
  for (const Baseline& baseline : baseline_table()) {
    if (baseline.needs_season && *recipe.season <= 1) continue;
    ModelForecasts model{baseline.name, true, "", {{}}};
    for (int64_t cutoff : backtest.plan.cutoffs) {
      const Series part = known(series, cutoff);
      append(model.runs[0], baseline.forecast(part.values(), recipe.horizon, *recipe.season));
    }
    backtest.models.push_back(std::move(model));
  }
}

void stop_if_interrupted() {
  if (interrupt_requested())
    throw Error(ExitCode::interrupted, "interrupted", "",
                "interrupted before the backtest was done", "nothing was written");
}

void add_ridge(Backtest& backtest, const Series& series, const Recipe& recipe) {
  ModelForecasts model{"ridge", true, "", {{}}};
  RidgeForecaster ridge;
  for (size_t w = 0; w < backtest.plan.cutoffs.size(); ++w) {
    const int64_t cutoff = backtest.plan.cutoffs[w];
    stop_if_interrupted();
    if (fits_at(backtest.plan, w))
      ridge = RidgeForecaster::fit(training_part(series, backtest.plan, cutoff), recipe);
    append(model.runs[0], ridge.forecast(forecast_part(series, recipe, cutoff)));
  }
  model.detail = ridge.chosen();
  backtest.models.push_back(std::move(model));
}

int fits_in(const BacktestPlan& plan) {
  int count = 0;
  for (size_t w = 0; w < plan.cutoffs.size(); ++w) count += fits_at(plan, w);
  return count;
}

std::string describe(const Forecaster& forecaster) {
  std::string text = std::to_string(forecaster.parameter_count()) + " parameters";
  for (const Basis& basis : forecaster.bases()) {
    text += "; ";
    for (const std::string& name : basis.encoder.options().transform) text += name + ", ";
    text += std::to_string(basis.epochs) + " epochs";
  }
  return text;
}

void add_network(Backtest& backtest, const Series& series, const Recipe& recipe,
                 const BacktestWatcher& watcher) {
  const Series everything = recipe.fit_on == "all" ? known(series, series.rows()) : Series{};
  const int seeds = recipe.seeds.value_or(1), fits = fits_in(backtest.plan);
  int fitted = 0;
  FitOptions options;
  options.output = watcher.training;
  options.scale_rows = recipe.fit_on == "all" ? &everything : nullptr;
  options.on_member = [&](int done, int total) {
    if (watcher.on_network) watcher.on_network(fitted * total + done, fits * total);
    fitted += done == total;
  };
  ModelForecasts model{"", false, "", std::vector<std::vector<double>>(seeds)};
  Forecaster forecaster;
  for (size_t w = 0; w < backtest.plan.cutoffs.size(); ++w) {
    const int64_t cutoff = backtest.plan.cutoffs[w];
    if (fits_at(backtest.plan, w)) {
      forecaster = Forecaster::fit(training_part(series, backtest.plan, cutoff), recipe, options);
      // Chosen on the rows before the first cutoff, the number of epochs serves the later fits.
      options.epochs = forecaster.epochs();
    }
    stop_if_interrupted();
    const auto said = forecaster.forecast(forecast_part(series, recipe, cutoff));
    for (size_t k = 0; k < said.size(); ++k) append(model.runs[k], said[k]);
  }
  model.name = forecaster.name();
  model.detail = describe(forecaster);
  backtest.models.push_back(std::move(model));
}

Metrics mean_of(std::span<const Metrics> all) {
  Metrics mean;
  for (const MetricInfo& info : metric_table()) {
    double sum = 0;
    for (const Metrics& metrics : all) sum += metrics.*info.value;
    mean.*info.value = sum / static_cast<double>(all.size());
  }
  mean.count = all.front().count;
  return mean;
}

Metrics spread_of(std::span<const Metrics> all, const Metrics& mean) {
  Metrics spread;
  for (const MetricInfo& info : metric_table()) {
    double sum = 0;
    for (const Metrics& metrics : all) sum += std::pow(metrics.*info.value - mean.*info.value, 2);
    spread.*info.value =
        all.size() > 1 ? std::sqrt(sum / static_cast<double>(all.size() - 1)) : missing;
  }
  spread.count = mean.count;
  return spread;
}

// Scores the points begin, begin + stride, … of every run.
ModelScore score_points(const Backtest& backtest, const ModelForecasts& model, size_t begin,
                        size_t end, size_t stride) {
  std::vector<Metrics> all;
  for (const std::vector<double>& run : model.runs) {
    std::vector<double> actual, said, scale;
    for (size_t i = begin; i < end; i += stride) {
      actual.push_back(backtest.actual[i]);
      said.push_back(run[i]);
      scale.push_back(backtest.scale[i]);
    }
    all.push_back(score(actual, said, scale));
  }
  const Metrics mean = mean_of(all);
  return {mean, spread_of(all, mean), static_cast<int>(all.size())};
}

}  // namespace

std::vector<double> ModelForecasts::mean() const {
  std::vector<double> result(runs.front().size(), 0.0);
  for (const std::vector<double>& run : runs)
    for (size_t i = 0; i < result.size(); ++i)
      result[i] += run[i] / static_cast<double>(runs.size());
  return result;
}

int64_t Backtest::row(size_t point) const {
  const auto horizon = static_cast<size_t>(plan.horizon);
  return plan.cutoffs[point / horizon] + static_cast<int64_t>(point % horizon);
}

ModelScore score_model(const Backtest& backtest, const ModelForecasts& model) {
  return score_points(backtest, model, 0, backtest.points(), 1);
}

ModelScore score_window(const Backtest& backtest, const ModelForecasts& model, size_t window) {
  const auto horizon = static_cast<size_t>(backtest.plan.horizon);
  return score_points(backtest, model, window * horizon, (window + 1) * horizon, 1);
}

ModelScore score_step(const Backtest& backtest, const ModelForecasts& model, int step) {
  return score_points(backtest, model, static_cast<size_t>(step - 1), backtest.points(),
                      static_cast<size_t>(backtest.plan.horizon));
}

Backtest run_backtest(const Series& series, const Recipe& resolved, const BacktestPlan& plan,
                      const BacktestWatcher& watcher) {
  const RecipeThreads threads(resolved);
  Backtest backtest;
  backtest.plan = plan;
  add_actuals(backtest, series, resolved);
  add_rules(backtest, series, resolved);
  add_ridge(backtest, series, resolved);
  if (watcher.on_baselines) watcher.on_baselines(backtest);
  add_network(backtest, series, resolved, watcher);
  return backtest;
}

}  // namespace sluice

#include "examples/household/floors.h"

#include "sluice/forecast/baseline.h"
#include "sluice/forecast/ridge.h"
#include "sluice/forecast/training.h"

namespace sluice {
namespace {

using Numbers = std::vector<double>;

// A rule that says the horizon's values from the rows before a cutoff.
template <class Rule>
ModelForecasts by_rule(const std::string& name, const BacktestPlan& plan, Rule&& rule) {
  ModelForecasts model;
  model.name = name;
  model.runs.emplace_back();
  for (const int64_t cutoff : plan.cutoffs) {
    const Numbers said = rule(cutoff);
    model.runs[0].insert(model.runs[0].end(), said.begin(), said.end());
  }
  return model;
}

// Least squares from `lags` days to the next ones, on every window of the training part.
LinearModel least_squares(std::span<const double> training, size_t lags, size_t horizon) {
  Matrix x{0, static_cast<int64_t>(lags), {}}, y{0, static_cast<int64_t>(horizon), {}};
  for (size_t day = lags; day + horizon <= training.size(); ++day) {
    const auto past = training.subspan(day - lags, lags), next = training.subspan(day, horizon);
    x.values.insert(x.values.end(), past.begin(), past.end());
    y.values.insert(y.values.end(), next.begin(), next.end());
    ++x.rows, ++y.rows;
  }
  return RidgeProblem(x, y).solve(1e-9);
}

}  // namespace

std::vector<ModelForecasts> floors(const Series& series, const Backtest& backtest) {
  std::vector<ModelForecasts> all;
  for (const ModelForecasts& model : backtest.models)
    if (model.name == "naive" || model.name == "seasonal_naive") all.push_back(model);
  const BacktestPlan& plan = backtest.plan;
  const auto before = [&](int64_t cutoff) {
    return series.values().first(static_cast<size_t>(cutoff));
  };
  all.push_back(by_rule("mean of 14 days", plan, [&](int64_t cutoff) {
    return mean_forecast(before(cutoff).last(14), plan.horizon);
  }));
  for (const size_t lags : {14, 21}) {
    const LinearModel model =
        least_squares(before(plan.training_rows()), lags, static_cast<size_t>(plan.horizon));
    all.push_back(
        by_rule("least squares, " + std::to_string(lags) + " days", plan,
                [&](int64_t cutoff) { return model.predict(before(cutoff).last(lags)); }));
  }
  return all;
}

ModelForecasts frozen_ridge(const Series& series, const BacktestPlan& plan, const Recipe& recipe) {
  const Series training = known(series, plan.training_rows());
  Encoder encoder(encoder_options(recipe, recipe.transform->chains.at(0)));
  encoder.fit(training);
  const LinearModel ridge = fit_frozen_ridge(training, recipe, encoder);
  return by_rule("its ridge alone", plan, [&](int64_t cutoff) {
    const Series rows = known(series, cutoff);
    const Matrix inputs = flat_inputs(encoder.last_window(rows));
    return encoder.decode(rows.values(), ridge.predict(inputs.row(0)));
  });
}

}  // namespace sluice

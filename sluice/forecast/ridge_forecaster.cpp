#include "sluice/forecast/ridge_forecaster.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "sluice/base/error.h"
#include "sluice/forecast/fold.h"
#include "sluice/forecast/resolve.h"

namespace sluice {
namespace {

using Names = std::vector<std::string>;

// What a ridge may see: transforms that the values allow, with the calendar unless the transform
// takes the season out already.
std::vector<EncoderOptions> candidates(const Series& training, const Recipe& recipe) {
  EncoderOptions options;
  options.season = *recipe.season;
  options.lookback = *recipe.lookback + (*recipe.season > 1 && *recipe.season <= 24 ? 1 : 0);
  options.horizon = recipe.horizon;
  options.same_step = recipe.target_at == "same";
  options.dtype = DType::f64;
  if (options.same_step) {
    options.lookback = *recipe.lookback;
    return {options};
  }
  const std::span<const double> y = training.values();
  const bool positive = std::all_of(y.begin(), y.end(), [](double value) { return value > 0; });
  std::vector<Names> chains = {{}, {"last_value"}};
  if (options.season > 1) {
    chains.push_back({"seasonal_difference"});
    chains.push_back({"seasonal_difference", "last_value"});
  }
  for (size_t i = 0, plain = chains.size(); positive && i < plain; ++i) {
    Names chain = {"log"};
    chain.insert(chain.end(), chains[i].begin(), chains[i].end());
    chains.push_back(chain);
  }
  std::vector<EncoderOptions> result;
  for (const Names& chain : chains) {
    options.transform = chain;
    const bool takes_season = std::count(chain.begin(), chain.end(), "seasonal_difference") > 0;
    options.calendar = takes_season ? std::vector<CalendarFeature>{} : calendar_of(recipe);
    result.push_back(options);
  }
  return result;
}

// Squared error of one fold in the units of the target; infinite where a forecast overflows.
double squared_error(const Encoder& encoder, const LinearModel& model, const Matrix& x,
                     const WindowSet& windows, std::span<const double> y) {
  const auto horizon = static_cast<size_t>(encoder.options().horizon);
  double sum = 0;
  for (int64_t i = 0; i < windows.size(); ++i) {
    auto first = static_cast<size_t>(windows.origin[static_cast<size_t>(i)]) + 1;
    if (encoder.options().same_step) first -= horizon;
    const std::vector<double> forecast = encoder.decode(y.first(first), model.predict(x.row(i)));
    for (size_t h = 0; h < horizon; ++h) sum += std::pow(forecast[h] - y[first + h], 2);
  }
  return std::isfinite(sum) ? sum : std::numeric_limits<double>::infinity();
}

// Adds the error of every penalty on one fold.
void judge(const EncoderOptions& options, const Series& training, const Fold& fold,
           std::span<double> errors) {
  Series before = training;
  before.frame = slice(training.frame, 0, fold.train_rows);
  Encoder encoder(options);
  encoder.fit(before);
  const WindowSet fitted = encoder.windows(before);
  const RidgeProblem problem(flat_inputs(fitted), targets(fitted));
  const WindowSet judged = encoder.windows(training, fold.train_rows, fold.validation_end);
  const Matrix x = flat_inputs(judged);
  for (size_t i = 0; i < errors.size(); ++i)
    errors[i] +=
        squared_error(encoder, problem.solve(ridge_penalties()[i]), x, judged, training.values());
}

struct Choice {
  EncoderOptions options;
  double penalty = 0.1;
};

Choice choose(const Series& training, const Recipe& recipe) {
  const std::vector<EncoderOptions> tried = candidates(training, recipe);
  const int folds = training.rows() > 5000 ? 1 : 4;
  Choice best{tried.front(), 0.1};
  double least = std::numeric_limits<double>::infinity();
  // The same folds for all, so that their errors are of the same targets.
  const int64_t least_rows =
      3 + tried.front().lookback + recipe.horizon + (*recipe.season > 1 ? *recipe.season : 0);
  for (const EncoderOptions& options : tried) {
    std::vector<double> errors(ridge_penalties().size(), 0.0);
    const auto parts = expanding_folds(training.rows(), folds, recipe.horizon, least_rows);
    if (parts.empty()) return best;
    for (const Fold& fold : parts) judge(options, training, fold, errors);
    const auto smallest = std::min_element(errors.begin(), errors.end());
    if (*smallest >= least) continue;
    least = *smallest;
    best = {options, ridge_penalties()[static_cast<size_t>(smallest - errors.begin())]};
  }
  return best;
}

std::string describe(const Choice& choice) {
  std::string text;
  for (const std::string& name : choice.options.transform) text += name + ", ";
  if (!choice.options.calendar.empty()) text += "calendar, ";
  return fmt::format("{}{} lags; penalty {}", text, choice.options.lookback, choice.penalty);
}

}  // namespace

RidgeForecaster RidgeForecaster::fit(const Series& training, const Recipe& recipe) {
  const Choice choice = choose(training, recipe);
  RidgeForecaster ridge;
  ridge.encoder_ = Encoder(choice.options);
  ridge.encoder_.fit(training);
  const WindowSet windows = ridge.encoder_.windows(training);
  ridge.model_ = RidgeProblem(flat_inputs(windows), targets(windows)).solve(choice.penalty);
  ridge.chosen_ = describe(choice);
  return ridge;
}

std::vector<double> RidgeForecaster::forecast(const Series& rows) const {
  const WindowSet window = encoder_.last_window(rows);
  return encoder_.decode(rows.values(), model_.predict(flat_inputs(window).row(0)));
}

}  // namespace sluice

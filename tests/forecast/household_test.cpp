// The household power job without a network: 46 standard weeks, each forecast from the days before
// it. The numbers are those of the tutorials' protocol, computed once in numpy.
#include <gtest/gtest.h>

#include <cmath>

#include "sluice/forecast/backtest.h"
#include "sluice/forecast/baseline.h"
#include "sluice/forecast/ridge.h"

namespace sluice {
namespace {

constexpr int days = 7;
using Numbers = std::vector<double>;

Recipe household() {
  return read_recipe_arguments({"data=" SLUICE_SOURCE_DIR "/data/household-power-days.csv",
                                "target=Global_active_power", "from=2006-12-17", "until=2010-11-20",
                                "windows=46", "horizon=7"});
}

// RMSE of all days, then of Sunday to Saturday, of a rule from the days before a week to the week.
template <class Rule>
Numbers errors_of(Rule&& rule) {
  const Recipe recipe = household();
  const Series series = read_series(recipe);
  Numbers squares(days + 1, 0.0);
  for (const int64_t cutoff : plan_backtest(recipe, series).cutoffs) {
    const auto before = series.values().first(static_cast<size_t>(cutoff));
    const Numbers week = rule(before);
    for (size_t day = 0; day < days; ++day) {
      const double error = week[day] - series.values()[static_cast<size_t>(cutoff) + day];
      squares[0] += error * error / (46 * days);
      squares[day + 1] += error * error / 46;
    }
  }
  for (double& value : squares) value = std::sqrt(value);
  return squares;
}

void expect_weekdays(const Numbers& errors, const Numbers& weekdays) {
  for (size_t day = 0; day < days; ++day) EXPECT_NEAR(errors[day + 1], weekdays[day], 0.0501);
}

TEST(Household, WeeksAreThoseOfTheTutorials) {
  const Recipe recipe = household();
  const Series series = read_series(recipe);
  const BacktestPlan plan = plan_backtest(recipe, series);
  EXPECT_EQ(plan.training_rows(), 159 * days);
  EXPECT_EQ(plan.cutoffs.size(), 46u);
  EXPECT_EQ(series.frame.label(plan.training_rows()), "2010-01-03");  // a Sunday
}

TEST(Household, RulesHaveTheirErrors) {
  const Numbers last_day = errors_of([](auto before) { return naive(before, days); });
  EXPECT_NEAR(last_day[0], 511.886, 5e-4);
  expect_weekdays(last_day, {452.9, 596.4, 532.1, 490.5, 534.3, 481.5, 482.0});
  const Numbers week = errors_of([](auto before) { return seasonal_naive(before, days, days); });
  EXPECT_NEAR(week[0], 469.389, 5e-4);
  const Numbers year =
      errors_of([](auto before) { return seasonal_naive(before, days, 52 * days); });
  EXPECT_NEAR(year[0], 465.294, 5e-4);
  const Numbers fortnight =
      errors_of([](auto before) { return mean_forecast(before.last(14), days); });
  EXPECT_NEAR(fortnight[0], 378.846, 5e-4);
  expect_weekdays(fortnight, {384.9, 383.9, 333.0, 379.4, 379.0, 337.5, 443.5});
}

// Seven outputs from so many days, on every window of the training part.
double least_squares_error(size_t lags) {
  LinearModel model;
  return errors_of([&](std::span<const double> before) {
    if (model.intercept.empty()) {  // the first week: what is known is the training part
      Matrix x{0, static_cast<int64_t>(lags), {}}, y{0, days, {}};
      for (size_t day = lags; day + days <= before.size(); ++day, ++x.rows, ++y.rows) {
        const auto past = before.subspan(day - lags, lags), next = before.subspan(day, days);
        x.values.insert(x.values.end(), past.begin(), past.end());
        y.values.insert(y.values.end(), next.begin(), next.end());
      }
      model = RidgeProblem(x, y).solve(1e-9);
    }
    return model.predict(before.last(lags));
  })[0];
}

TEST(Household, LeastSquaresHasItsError) {
  EXPECT_NEAR(least_squares_error(7), 381.439, 5e-4);
  EXPECT_NEAR(least_squares_error(14), 377.442, 5e-4);
  EXPECT_NEAR(least_squares_error(21), 374.354, 5e-4);
  EXPECT_NEAR(least_squares_error(28), 376.881, 5e-4);
}

}  // namespace
}  // namespace sluice

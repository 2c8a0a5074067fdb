#include "sluice/forecast/backtest.h"

#include <gtest/gtest.h>

#include <cmath>

#include "forecast_fixture.h"
#include "sluice/base/error.h"
#include "sluice/data/csv.h"
#include "sluice/train/interrupt.h"

namespace sluice {
namespace {

struct Ready {
  Series series;
  BacktestPlan plan;
  Recipe recipe;
};

Ready ready(const std::vector<std::string>& words, Frame frame = monthly_frame()) {
  const Recipe recipe = quick_recipe(words);
  Ready result{make_series(std::move(frame), recipe), {}, {}};
  result.plan = plan_backtest(recipe, result.series);
  result.recipe = resolve(recipe, known(result.series, result.plan.training_rows())).recipe;
  return result;
}

Backtest run(const Ready& job) { return run_backtest(job.series, job.recipe, job.plan, {}); }

std::string plan_error(const std::vector<std::string>& words) {
  try {
    ready(words);
  } catch (const Error& error) {
    return error.id;
  }
  return "";
}

TEST(BacktestPlan, WindowsEndAtTheLastRow) {
  const BacktestPlan plan = ready({"horizon=6", "windows=3"}).plan;
  EXPECT_EQ(plan.cutoffs, (std::vector<int64_t>{54, 60, 66}));
  EXPECT_EQ(plan.refit, 1);
  EXPECT_EQ(ready({"horizon=6", "windows=3", "step=2"}).plan.cutoffs,
            (std::vector<int64_t>{62, 64, 66}));
}

TEST(BacktestPlan, SplitAndTestSayWhereTestingBegins) {
  EXPECT_EQ(ready({"split=60"}).plan.cutoffs.front(), 60);
  EXPECT_EQ(ready({"test=10"}).plan.cutoffs.size(), 10u);
  EXPECT_EQ(ready({"split=2005-01"}).plan.cutoffs.front(), 60);
  EXPECT_EQ(ready({"test=2005-01"}).plan.cutoffs.front(), 60);
  EXPECT_EQ(ready({"split=75%"}).plan.cutoffs.front(), 54);
}

TEST(BacktestPlan, WhatCannotBeDoneIsRefused) {
  EXPECT_EQ(plan_error({"split=60", "test=10"}), "config.windows");
  EXPECT_EQ(plan_error({"test=3", "horizon=6"}), "config.windows");
  EXPECT_EQ(plan_error({"horizon=100"}), "data.too_short");
  EXPECT_EQ(plan_error({"windows=100"}), "data.too_short");
  EXPECT_EQ(plan_error({"split=71", "horizon=6"}), "config.windows");
}

// The heart of an honest backtest: whatever the test rows hold, a forecast made before them is the
// same to the bit. Every kind of model, scaling, transform, calendar and hole filling.
class NoLeak : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(NoLeak, TestRowsNeverReachAModel) {
  const auto first_window = [](double later) {
    Frame frame = monthly_frame();
    frame.columns.push_back(frame.columns[0]);
    frame.columns[1].name = "x";
    frame.columns[0].values[30] = std::nan("");
    for (size_t row = 60; row < 72; ++row) {
      frame.columns[0].values[row] *= later;
      frame.columns[1].values[row] += later;
    }
    std::vector<std::string> words = GetParam();
    words.insert(words.end(), {"target=y", "missing=linear", "split=60"});
    const Ready job = ready(words, frame);
    const Backtest backtest = run(job);
    std::vector<std::vector<double>> said;
    for (const ModelForecasts& model : backtest.models)
      for (const std::vector<double>& one : model.runs)
        said.emplace_back(one.begin(), one.begin() + job.plan.horizon);
    return said;
  };
  EXPECT_EQ(first_window(1), first_window(50));
}

using Words = std::vector<std::string>;
INSTANTIATE_TEST_SUITE_P(
    Recipes, NoLeak,
    testing::Values(Words{"epochs=auto"}, Words{"horizon=4", "past=[x]"},
                    Words{"linear_skip=ridge", "horizon=3"},
                    Words{"transform=none", "scale=minmax", "linear_skip=none"},
                    Words{"validation=12", "patience=2"}, Words{"train_on=rolling", "refit=1"},
                    Words{"whole_series=true", "lookback=3", "lookback_as=features"}));

TEST(Backtest, SameRowTargetIsHiddenFromTheModel) {
  const auto said = [](double later) {
    Frame frame = monthly_frame();
    frame.columns.push_back(frame.columns[0]);
    frame.columns[1].name = "x";
    for (size_t row = 60; row < 72; ++row) frame.columns[0].values[row] += later;
    const Backtest backtest =
        run(ready({"target=y", "past=[x]", "target_at=same", "split=60", "refit=0"}, frame));
    return backtest.models.back().runs;
  };
  EXPECT_EQ(said(0), said(1000));
}

// fit_on=all exists to show what a leak does; it must then really see the test rows.
TEST(Backtest, FitOnAllSeesTheTestRows) {
  const auto said = [](double later) {
    Frame frame = monthly_frame();
    for (size_t row = 60; row < 72; ++row) frame.columns[0].values[row] *= later;
    return run(ready({"split=60", "fit_on=all", "scale=minmax", "transform=none"}, frame))
        .models.back()
        .runs[0][0];
  };
  EXPECT_NE(said(1), said(50));
}

TEST(Backtest, EveryModelOnTheSamePoints) {
  const Ready job = ready({"horizon=3", "windows=4"});
  int baselines = 0, networks = 0;
  BacktestWatcher watcher;
  watcher.on_baselines = [&](const Backtest& so_far) {
    baselines = static_cast<int>(so_far.models.size());
  };
  watcher.on_network = [&](int done, int) { networks = done; };
  const Backtest backtest = run_backtest(job.series, job.recipe, job.plan, watcher);
  EXPECT_EQ(backtest.points(), 12u);
  EXPECT_EQ(baselines, 5);
  EXPECT_GT(networks, 0);
  ASSERT_EQ(backtest.models.size(), 6u);
  for (const ModelForecasts& model : backtest.models)
    for (const std::vector<double>& one : model.runs) EXPECT_EQ(one.size(), 12u) << model.name;
  for (size_t i = 0; i < backtest.points(); ++i)
    EXPECT_EQ(backtest.actual[i], job.series.values()[static_cast<size_t>(backtest.row(i))]);
}

TEST(Backtest, UsesTheThreadsOfTheRecipeAndGivesThemBack) {
  const auto threads_with = [](const std::string& word) {
    const Ready job = ready({"windows=1", word});
    int seen = 0;
    BacktestWatcher watcher;
    watcher.on_baselines = [&](const Backtest&) { seen = num_threads(); };
    watcher.on_network = [&](int, int) { EXPECT_EQ(num_threads(), seen); };
    run_backtest(job.series, job.recipe, job.plan, watcher);
    EXPECT_EQ(num_threads(), 1);
    return seen;
  };
  EXPECT_EQ(threads_with("threads=3"), 3);
  EXPECT_EQ(threads_with("threads=0"), 1);
}

TEST(Backtest, ScoresAreOfTheRightPoints) {
  Backtest backtest;
  backtest.plan = {.horizon = 2, .step = 2, .cutoffs = {10, 12}};
  backtest.actual = {1, 2, 3, 4};
  backtest.scale = {1, 1, 2, 2};
  const ModelForecasts model{"m", false, "", {{2, 2, 3, 6}, {1, 2, 3, 4}}};
  backtest.models = {model};
  EXPECT_DOUBLE_EQ(score_model(backtest, model).mean.mae, (3.0 / 4 + 0) / 2);
  EXPECT_DOUBLE_EQ(score_model(backtest, model).sd.mae, 0.75 / std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(score_window(backtest, model, 1).mean.mae, 0.5);
  EXPECT_DOUBLE_EQ(score_window(backtest, model, 1).mean.mase, 0.25);
  EXPECT_DOUBLE_EQ(score_step(backtest, model, 1).mean.mae, 0.25);
  EXPECT_DOUBLE_EQ(score_step(backtest, model, 2).mean.mae, 0.5);
  EXPECT_EQ(model.mean(), (std::vector<double>{1.5, 2, 3, 5}));
  EXPECT_EQ(backtest.row(3), 13);
}

TEST(Backtest, JsonKeepsEveryNumber) {
  const Backtest backtest = run(ready({"horizon=2", "windows=2"}));
  const std::string text = backtest_to_json(backtest);
  EXPECT_EQ(backtest_to_json(backtest_from_json(text, "m.sluice")), text);
  EXPECT_THROW(backtest_from_json("{}", "m.sluice"), Error);
  EXPECT_THROW(backtest_from_json("{", "m.sluice"), Error);
}

TEST(Backtest, InterruptIsAnErrorOfItsOwn) {
  const Ready job = ready({"windows=2"});
  request_interrupt();
  try {
    run(job);
    ADD_FAILURE() << "not interrupted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ExitCode::interrupted);
  }
  clear_interrupt();
}

// The 46 months and the floors of the published protocol, through the whole path from file to
// score.
TEST(Backtest, AirPassengersFloors) {
  Recipe recipe = quick_recipe({"until=1960-11", "windows=46"});
  recipe.data = SLUICE_SOURCE_DIR "/data/airline-passengers.csv";
  Ready job{read_series(recipe), {}, {}};
  job.plan = plan_backtest(recipe, job.series);
  job.recipe = resolve(recipe, known(job.series, job.plan.training_rows())).recipe;
  const Backtest backtest = run(job);
  EXPECT_EQ(backtest.points(), 46u);
  const std::pair<const char*, double> floors[] = {
      {"naive", 48.66}, {"seasonal_naive", 42.32}, {"seasonal_ratio", 15.94}};
  for (const auto& [name, rmse] : floors)
    for (const ModelForecasts& model : backtest.models)
      if (model.name == name) {
        EXPECT_NEAR(score_model(backtest, model).mean.rmse, rmse, 0.005) << name;
      }
}

}  // namespace
}  // namespace sluice

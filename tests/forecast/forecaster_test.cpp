#include "sluice/forecast/forecaster.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "forecast_fixture.h"
#include "sluice/base/error.h"
#include "sluice/base/parallel.h"
#include "sluice/train/interrupt.h"
#include "sluice/train/optimizer.h"

namespace sluice {
namespace {

Forecaster fitted(const Prepared& prepared) {
  return Forecaster::fit(prepared.series, prepared.recipe, {});
}

// Every way a network may be built: its file must forecast to the same bits.
class EveryKind : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(EveryKind, FileForecastsTheSameBits) {
  Frame frame = monthly_frame();
  frame.columns.push_back(frame.columns[0]);
  frame.columns[1].name = "x";
  std::vector<std::string> words = GetParam();
  words.push_back("target=y");
  const Prepared prepared = prepare(quick_recipe(words), frame);
  const Forecaster before = fitted(prepared);
  const auto said = before.forecast(prepared.series);
  ASSERT_EQ(said.size(), 2u);
  for (const auto& run : said) {
    ASSERT_EQ(run.size(), static_cast<size_t>(prepared.recipe.horizon));
    for (double value : run) EXPECT_TRUE(std::isfinite(value));
  }
  EXPECT_NE(said[0], said[1]) << "two seeds, one forecast";

  const std::string path = testing::TempDir() + "kind-" + std::to_string(getpid()) +
                           ".sluice";  // ctest runs these side by side
  ModelFile file;
  before.save(file);
  save_model(file, path);
  const Forecaster after = Forecaster::load(load_model(path), path);
  EXPECT_EQ(after.forecast(prepared.series), said);
  EXPECT_EQ(after.name(), before.name());
  EXPECT_EQ(after.parameter_count(), before.parameter_count());
  EXPECT_EQ(recipe_text(after.recipe()), recipe_text(before.recipe()));
  std::filesystem::remove(path);
}

using Words = std::vector<std::string>;
INSTANTIATE_TEST_SUITE_P(
    Recipes, EveryKind,
    testing::Values(Words{}, Words{"horizon=6"}, Words{"model=lstm", "num_layers=2", "past=[x]"},
                    Words{"model=rnn", "linear_skip=ridge", "horizon=3"},
                    Words{"ema_decay=0.9", "clip_parameter_norm=0.5", "validation=6",
                          "schedule={cosine: {warmup: 1, by: update}}"},
                    Words{"loss={pinball: {quantiles: [0.9]}}"},
                    Words{"loss={huber: {delta: 0.2}}"},
                    Words{"optimizer={rmsprop: {convention: keras, momentum: 0.9}}"},
                    Words{"linear_skip=none", "calendar=[month]", "scale=minmax"},
                    Words{"linear_skip=none", "calendar=none", "transform=none"},
                    Words{"transform=[[log, last_value], [seasonal_difference]]"},
                    Words{"lookback_as=features", "lookback=3"},
                    Words{"whole_series=true", "lookback=3", "lookback_as=features"},
                    Words{"target_at=same", "past=[x]"},
                    Words{"target_at=same", "past=[x]", "whole_series=true", "lookback=1"},
                    Words{"model=[{lstm: {hidden_size: 4}}, dropout, {gru: {hidden_size: 3}}]"},
                    Words{"model=[flatten, {linear: {output_size: 5}}, relu]", "horizon=2"},
                    Words{"model=[{lstm: {outputs: last}}, {repeat_vector: {count: 3}}, {gru: "
                          "{outputs: all}}, {linear: {output_size: 1}}, flatten]",
                          "horizon=3"},
                    Words{"l1=1e-5", "l2={weight_hh: 1e-3, bias: 1e-4}"},
                    Words{"model=[{indrnn: {hidden_size: 4}}]", "clip_weights={u: 0.9}"},
                    Words{"model=[{slstm: {hidden_size: 4, initialization: xlstm}}]"},
                    Words{"validation=12", "patience=2", "initialization=keras"},
                    Words{"optimizer={sgd: {momentum: 0.9}}", "weight_decay=0",
                          "learning_rate={0: 0.01, 2: 0.001}"}));

// A network of the recipe gives one number a step, the forecast itself.
TEST(Forecaster, RefusesALossOfOtherNumbers) {
  for (const char* loss : {"gaussian", "pinball", "cross_entropy", "binary_cross_entropy"}) try {
      fitted(prepare(quick_recipe({std::string("loss=") + loss})));
      ADD_FAILURE() << loss << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.id, "config.loss") << error.what();
    }
}

TEST(Forecaster, FileKeepsTheMetricsOfTraining) {
  const Prepared prepared =
      prepare(quick_recipe({"metrics=[rmse, r2]", "validation=6", "schedule=plateau"}));
  const Forecaster before = fitted(prepared);
  const std::string path = testing::TempDir() + "metrics-" + std::to_string(getpid()) + ".sluice";
  ModelFile file;
  before.save(file);
  save_model(file, path);
  const Forecaster after = Forecaster::load(load_model(path), path);
  std::filesystem::remove(path);
  const auto& metrics = before.bases()[0].members[0].history.metrics;
  const auto& loaded = after.bases()[0].members[0].history.metrics;
  ASSERT_EQ(metrics.size(), 2u);
  ASSERT_EQ(loaded.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(metrics[i].val.size(), 3u);
    EXPECT_EQ(loaded[i].name, metrics[i].name);
    EXPECT_EQ(loaded[i].train, metrics[i].train);
    EXPECT_EQ(loaded[i].val, metrics[i].val);
  }
}

TEST(Forecaster, EveryOptimizerTrains) {
  std::vector<std::vector<std::vector<double>>> all;
  for (const auto& row : optimizer_registry()) {
    const Prepared prepared = prepare(quick_recipe({"optimizer=" + row.name}));
    all.push_back(fitted(prepared).forecast(prepared.series));
    for (double value : all.back()[0]) EXPECT_TRUE(std::isfinite(value)) << row.name;
    for (size_t i = 0; i + 1 < all.size(); ++i)
      EXPECT_TRUE(all[i] != all.back() || row.name == "adamw")
          << row.name << " and " << optimizer_registry()[i].name << " forecast the same";
  }
}

TEST(Forecaster, ThreadsDoNotChangeABit) {
  const Prepared prepared = prepare(quick_recipe({"horizon=3"}));
  set_num_threads(1);
  const auto one = fitted(prepared).forecast(prepared.series);
  set_num_threads(3);
  const auto three = fitted(prepared).forecast(prepared.series);
  set_num_threads(1);
  EXPECT_EQ(one, three);
}

// A linear trend with a season holds no secret: a trained committee must come close.
TEST(Forecaster, LearnsASeasonAndATrend) {
  SyntheticOptions options;
  options.rows = 132;
  options.noise = 0.1;
  const Frame all = synthetic_frame(options, "MS");
  const Recipe recipe = quick_recipe({"epochs=auto", "hidden_size=8", "horizon=12", "seeds=1"});
  const Series series = make_series(all, recipe);
  const Series before = known(series, 120);
  const Forecaster model = Forecaster::fit(before, resolve(recipe, before).recipe, {});
  const auto said = model.forecast(before);
  for (size_t h = 0; h < 12; ++h)
    EXPECT_NEAR(said[0][h], series.values()[120 + h], 4) << "step " << h + 1;
}

TEST(Forecaster, TooLittleHistorySaysHowMuchIsNeeded) {
  const Prepared prepared = prepare(quick_recipe());
  const Forecaster model = fitted(prepared);
  try {
    model.forecast(known(prepared.series, 5));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id, "data.too_short");
    EXPECT_NE(error.message.find(std::to_string(model.rows_needed())), std::string::npos);
  }
}

TEST(Forecaster, AnInterruptLeavesOneWholeModel) {
  const Prepared prepared = prepare(quick_recipe({"epochs=50"}));
  request_interrupt();
  const Forecaster model = fitted(prepared);
  clear_interrupt();
  EXPECT_TRUE(model.interrupted());
  const auto said = model.forecast(prepared.series);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_TRUE(std::isfinite(said[0][0]));
}

TEST(Forecaster, ALinearLayerOfNoSizeAtTheEndIsTheHead) {
  const auto parameters = [](const std::string& model) {
    return fitted(prepare(quick_recipe({"horizon=3", "epochs=1", model}))).parameter_count();
  };
  const int64_t without = parameters("model=[{gru: {hidden_size: 4}}]");
  EXPECT_EQ(parameters("model=[{gru: {hidden_size: 4}}, linear]"), without);
  EXPECT_EQ(parameters("model=[{gru: {hidden_size: 4}}, {linear: {output_size: 3}}]"), without);
  EXPECT_GT(parameters("model=[{gru: {hidden_size: 4}}, {linear: {output_size: 2}}]"), without);
}

TEST(Forecaster, LayersThatDoNotEndInOneRowAreRefused) {
  const Prepared prepared = prepare(quick_recipe({"model=[{linear: {output_size: 3}}]"}));
  try {
    fitted(prepared);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id, "config.model");
  }
}

}  // namespace
}  // namespace sluice

#include "sluice/forecast/resolve.h"

#include <gtest/gtest.h>

#include "forecast_fixture.h"
#include "sluice/base/error.h"

namespace sluice {
namespace {

Frame frame_of(SyntheticOptions options, const std::string& frequency) {
  return synthetic_frame(options, frequency);
}

TEST(Resolve, MonthlySeasonalSeries) {
  const Series series = make_series(monthly_frame(120), {});
  const Resolved resolved = resolve({}, series);
  EXPECT_EQ(resolved.recipe.season, 12);
  EXPECT_EQ(resolved.recipe.lookback, 12);
  EXPECT_EQ(resolved.recipe.calendar, (std::vector<std::string>{"month"}));
  EXPECT_EQ(resolved.recipe.linear_skip, "joint");
  EXPECT_EQ(resolved.recipe.model.word, "gru");
  EXPECT_FALSE(resolved.notes.empty());
}

TEST(Resolve, NoSeasonIsSeenInNoise) {
  SyntheticOptions noise;
  noise.rows = 120;
  noise.amplitude = 0;
  noise.trend = 0;
  EXPECT_EQ(detect_season(make_series(frame_of(noise, "MS"), {})), 1);
  SyntheticOptions weekly = noise;
  weekly.amplitude = 20;
  weekly.season = 7;
  EXPECT_EQ(detect_season(make_series(frame_of(weekly, "D"), {})), 7);
}

TEST(Resolve, ManyWindowsGetAFrozenRidge) {
  SyntheticOptions options;
  options.rows = 900;
  options.season = 7;
  const Resolved resolved = resolve({}, make_series(frame_of(options, "D"), {}));
  EXPECT_EQ(resolved.recipe.linear_skip, "ridge");
  EXPECT_GT(*resolved.recipe.batch_size, 0);
}

TEST(Resolve, WhatIsGivenIsKept) {
  const Recipe given = read_recipe_arguments({"season=4", "lookback=5", "transform=none",
                                              "calendar=none", "linear_skip=none", "model=lstm",
                                              "learning_rate=0.5", "seeds=3", "batch_size=1"});
  const Recipe recipe = resolve(given, make_series(monthly_frame(), given)).recipe;
  EXPECT_EQ(recipe.season, 4);
  EXPECT_EQ(recipe.lookback, 5);
  EXPECT_EQ(recipe.transform->chains, (std::vector<std::vector<std::string>>{{}}));
  EXPECT_TRUE(recipe.calendar->empty());
  EXPECT_EQ(recipe.linear_skip, "none");
  EXPECT_EQ(recipe.model.word, "lstm");
  EXPECT_EQ(recipe.learning_rate->from_epoch.at(0), 0.5);
  EXPECT_EQ(recipe.seeds, 3);
  EXPECT_EQ(recipe.batch_size, 1);
}

TEST(Resolve, OwnLayersGetNothingAdded) {
  const Recipe given = read_recipe_arguments({"model=[{lstm: {hidden_size: 4}}]"});
  const Recipe recipe = resolve(given, make_series(monthly_frame(), given)).recipe;
  EXPECT_EQ(recipe.linear_skip, "none");
  EXPECT_TRUE(recipe.calendar->empty());
}

TEST(Resolve, TooFewRowsSayHowMany) {
  const Recipe given = read_recipe_arguments({"lookback=80"});
  try {
    resolve(given, make_series(monthly_frame(), given));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id, "data.too_short");
    EXPECT_NE(error.message.find("81"), std::string::npos) << error.message;
  }
}

TEST(Resolve, SameRowTargetsNeedInputsAndPlainTransforms) {
  Frame frame = monthly_frame();
  frame.columns.push_back(frame.columns[0]);
  frame.columns[1].name = "x";
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"target=y", "target_at=same"},
           {"target=y", "past=[x]", "target_at=same", "horizon=2"},
           {"target=y", "past=[z]", "derive={twice: {y: 2}, z: {x: 1, twice: 1}}",
            "target_at=same"},
           {"target=z", "past=[x, twice]", "derive={z: {x: 1}, twice: {z: 2}}", "target_at=same"},
           {"target=y", "past=[x]", "target_at=same", "transform=difference"}}) {
    const Recipe given = read_recipe_arguments(words);
    EXPECT_THROW(resolve(given, make_series(frame, given)), Error) << words.back();
  }
}

TEST(Resolve, RefusesWhatNothingWouldReadAndWhatStandsTwice) {
  const std::pair<std::vector<std::string>, const char*> rows[] = {
      {{"model=[{gru: {hidden_size: 4}}]", "hidden_size=8"},
       "hidden_size is for a model of one word"},
      {{"model=[gru, linear]", "num_layers=2"}, "num_layers is for a model of one word"},
      {{"transform=[log, difference, log]"}, "log stands in the list twice"},
      {{"transform=[[log], [difference, difference]]"}, "difference stands in the list twice"}};
  for (const auto& [words, said] : rows) {
    const Recipe given = read_recipe_arguments(words);
    try {
      resolve(given, make_series(monthly_frame(), given));
      ADD_FAILURE() << words.back() << " was taken";
    } catch (const Error& error) {
      EXPECT_NE(error.message.find(said), std::string::npos) << error.message;
    }
  }
}

}  // namespace
}  // namespace sluice

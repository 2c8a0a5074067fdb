#include "sluice/forecast/series.h"

#include <gtest/gtest.h>

#include <cmath>

#include "forecast_fixture.h"
#include "sluice/base/error.h"
#include "sluice/data/csv.h"

namespace sluice {
namespace {

std::string id_of(const Recipe& recipe, Frame frame) {
  try {
    make_series(std::move(frame), recipe);
  } catch (const Error& error) {
    return error.id;
  }
  return "";
}

TEST(Series, UntilTakesTheWholeMonth) {
  const Frame frame =
      make_series(monthly_frame(36), read_recipe_arguments({"from=2000-03", "until=2001-02"}))
          .frame;
  EXPECT_EQ(frame.rows(), 12);
  EXPECT_EQ(make_series(monthly_frame(36), read_recipe_arguments({"from=3", "until=5"})).rows(), 3);
}

TEST(Series, RowsOutsideTheDataAreRefused) {
  EXPECT_EQ(id_of(read_recipe_arguments({"until=99"}), monthly_frame(36)), "config.rows");
  EXPECT_EQ(id_of(read_recipe_arguments({"from=0"}), monthly_frame(36)), "config.rows");
  EXPECT_EQ(id_of(read_recipe_arguments({"from=2010-01"}), monthly_frame(36)), "config.rows");
}

TEST(Series, PastMustBeOtherColumns) {
  EXPECT_EQ(id_of(read_recipe_arguments({"target=y", "past=[y]"}), monthly_frame(36)),
            "config.past");
  EXPECT_EQ(id_of(read_recipe_arguments({"past=[z]"}), monthly_frame(36)), "data.unknown_column");
}

// Errors are squared: beyond this they were infinite or zero, and no model file could hold them.
TEST(Series, ValuesWhoseSquaresAreLostAreRefused) {
  for (const double unit : {1e200, -1e200, 1e-200}) {
    Frame frame = monthly_frame(36);
    for (double& value : frame.columns[0].values) value *= unit;
    EXPECT_EQ(id_of({}, std::move(frame)), "data.magnitude") << unit;
  }
}

// Three days of hours, hour h of day d being 100 d + h; one hour of the second day is missing.
Frame hourly_frame() {
  std::string text = "time,power,other\n";
  for (int hour = 0; hour < 72; ++hour) {
    const int day = hour / 24, at = hour % 24;
    char line[60];
    std::snprintf(line, sizeof line, "2020-01-%02d %02d:00,%s,2\n", day + 1, at,
                  hour == 30 ? "?" : std::to_string(100 * day + at).c_str());
    text += line;
  }
  return read_csv_text(text, "hours.csv");
}

TEST(Series, RowsAreBroughtTogetherAndColumnsDerived) {
  const std::string more =
      "derive={twice: {power: 2}, rest: {power: 1, other: -0.5}, all: {rest: 1, twice: 1}}";
  const auto days = [&](const std::string& missing, const std::string& by = "sum") {
    return make_series(hourly_frame(),
                       read_recipe_arguments({more, "target=all", "past=[other]", "aggregate=D",
                                              "aggregate_by=" + by, "missing=" + missing}));
  };
  const double hours = 23 * 24 / 2.0;
  // all = 3 power - 1; the missing hour, the seventh, is that of the day before.
  const Series filled = days("seasonal");
  ASSERT_EQ(filled.rows(), 3);
  EXPECT_FALSE(filled.has_holes);
  EXPECT_EQ(frequency_name(filled.frame.frequency), "D");
  EXPECT_EQ(filled.frame.label(2), "2020-01-03");
  EXPECT_EQ(filled.values()[0], 3 * hours - 24);
  EXPECT_EQ(filled.values()[1], 3 * (hours + 2300) - 24);
  EXPECT_EQ(filled.frame.numbers("other", "past")[1], 48);
  EXPECT_EQ(days("zero", "mean").values()[2], 3 * (hours / 24 + 200) - 1);
  // What a line between two rows would fill depends on the later one: the day stays a hole.
  const Series open = days("linear");
  EXPECT_TRUE(open.has_holes);
  EXPECT_TRUE(std::isnan(open.values()[1]));
  EXPECT_EQ(known(open, 2).values()[1], open.values()[0]);
  EXPECT_EQ(days("drop").rows(), 2);
}

TEST(Series, WhatCannotBeBroughtTogetherIsSaid) {
  const auto id = [](std::vector<std::string> words) {
    words.push_back("target=power");
    return id_of(read_recipe_arguments(words), hourly_frame());
  };
  EXPECT_EQ(id({"aggregate=D"}), "data.missing");
  EXPECT_EQ(id({"aggregate=7h", "missing=zero"}), "config.frequency");
  EXPECT_EQ(id({"aggregate=fortnight", "missing=zero"}), "config.frequency");
  EXPECT_EQ(id({"aggregate=MS", "missing=zero"}), "data.too_short");
  EXPECT_EQ(id({"aggregate=15min", "missing=zero"}), "config.aggregate");
  EXPECT_EQ(id({"aggregate=h", "missing=zero"}), "config.aggregate");
  EXPECT_EQ(id({"derive={power: {other: 1}}"}), "config.column");
  EXPECT_EQ(id({"derive={new: {othr: 1}}"}), "data.unknown_column");
}

// What is filled in before a row may not depend on what comes after it.
TEST(Series, HolesAreFilledFromWhatWasKnown) {
  const auto known_then = [](double later) {
    Frame frame = monthly_frame(24);
    frame.columns[0].values[9] = std::nan("");
    frame.columns[0].values[10] = later;
    const Series series = make_series(frame, read_recipe_arguments({"missing=linear"}));
    const Series then = known(series, 10);
    return std::vector<double>(then.values().begin(), then.values().end());
  };
  const std::vector<double> one = known_then(100), other = known_then(-1e6);
  EXPECT_EQ(one, other);
  EXPECT_EQ(one.size(), 10u);
  EXPECT_TRUE(std::isfinite(one.back()));
}

TEST(Series, PortionsCountFromEitherEnd) {
  const Frame frame = make_series(monthly_frame(36), {}).frame;
  const Portion count{Portion::Kind::count, 10, ""}, share{Portion::Kind::share, 0.25, ""},
      date{Portion::Kind::date, 0, "2002-01"};
  EXPECT_EQ(rows_in_last(count, frame, 36, "test"), 10);
  EXPECT_EQ(rows_in_last(share, frame, 36, "test"), 9);
  EXPECT_EQ(rows_in_last(date, frame, 36, "test"), 12);
  EXPECT_EQ(rows_in_first(date, frame, 36, "split"), 24);
}

}  // namespace
}  // namespace sluice

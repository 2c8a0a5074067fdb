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

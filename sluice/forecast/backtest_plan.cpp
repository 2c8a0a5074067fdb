// Where the windows of a backtest lie.
#include <fmt/core.h>

#include <algorithm>

#include "sluice/base/error.h"
#include "sluice/forecast/backtest.h"

namespace sluice {
namespace {

// Rows the windows may cover, and where the choice came from.
struct TestPart {
  int64_t rows = 0;
  std::string key;
};

TestPart test_part(const Recipe& recipe, const Series& series) {
  const int64_t rows = series.rows();
  if (recipe.split.kind != Portion::Kind::unset)
    return {rows - rows_in_first(recipe.split, series.frame, rows, recipe.where("split")), "split"};
  if (recipe.test.kind != Portion::Kind::unset)
    return {rows_in_last(recipe.test, series.frame, rows, recipe.where("test")), "test"};
  return {std::max<int64_t>(rows / 4, recipe.horizon), ""};
}

void refuse_contradiction(const Recipe& recipe) {
  std::vector<std::string> given;
  for (const char* key : {"split", "test", "windows"})
    if (recipe.was_given(key)) given.push_back(key);
  if (given.size() < 2) return;
  fail_config("config.windows", recipe.where(given[1]),
              fmt::format("{} and {} both say where the test part begins", given[0], given[1]),
              "keep one of them");
}

int64_t window_count(const Recipe& recipe, const Series& series, int64_t step) {
  if (recipe.windows) return *recipe.windows;
  const TestPart part = test_part(recipe, series);
  if (part.rows < recipe.horizon)
    fail_config("config.windows", recipe.where(part.key.empty() ? "horizon" : part.key),
                fmt::format("the test part has {} rows, a horizon of {} needs at least as many",
                            part.rows, recipe.horizon),
                "use a shorter horizon or a longer test part");
  return (part.rows - recipe.horizon) / step + 1;
}

}  // namespace

BacktestPlan plan_backtest(const Recipe& recipe, const Series& series) {
  refuse_contradiction(recipe);
  BacktestPlan plan;
  plan.horizon = recipe.horizon;
  plan.step = recipe.step.value_or(recipe.horizon);
  plan.rolling = recipe.train_on == "rolling";
  const int64_t count = window_count(recipe, series, plan.step);
  const int64_t covered = recipe.horizon + (count - 1) * plan.step;
  int64_t first = series.rows() - covered;
  // A split or a test part fixes where testing begins; rows that fill no window stay at the end.
  if (recipe.split.kind != Portion::Kind::unset || recipe.test.kind != Portion::Kind::unset)
    first = series.rows() - test_part(recipe, series).rows;
  constexpr int64_t rows_before = 2;  // the least that anything can be fitted on
  if (first < rows_before)
    fail_data(
        "data.too_short", series.frame.source,
        fmt::format("{} of horizon {} and the {} rows before take {} rows, the data has {}",
                    count == 1 ? "1 window" : fmt::format("{} windows", count), recipe.horizon,
                    rows_before, series.rows() - first + rows_before, series.rows()),
        "use a shorter horizon, fewer windows, or more data");
  for (int64_t w = 0; w < count; ++w) plan.cutoffs.push_back(first + w * plan.step);
  plan.refit = recipe.refit.value_or(count <= 5 ? 1 : 0);
  return plan;
}

}  // namespace sluice

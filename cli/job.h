// From the words of a command line to data, recipe and backtest plan.
#pragma once

#include <string>
#include <vector>

#include "console.h"
#include "sluice/forecast/backtest.h"
#include "sluice/forecast/resolve.h"
#include "sluice/forecast/series.h"

namespace sluice::cli {

/// The words of a command: a recipe (.yaml), a data file, key=value pairs.
struct Words {
  std::string recipe, data;
  std::vector<std::string> settings;
};
/// Throws Error "usage.files" if there are two of a kind.
Words sort_words(const std::vector<std::string>& words);

/// The recipe of the words: its file, then the data file named beside it, then key=value.
Recipe recipe_of(const Words& words);

struct Job {
  Series series;
  BacktestPlan plan;
  Resolved resolved;
};
/// Reads the data and infers what is open from the rows before the first cutoff.
Job read_job(const Words& words);

/// What was read, inferred and planned, as lines and as JSON.
std::string describe_data(const Series& series);
std::string describe_job(const Job& job);
Json data_json(const Series& series);
Json plan_json(const Job& job);

/// "sales" of "some/sales.csv".
std::string stem_of(const Words& words);

}  // namespace sluice::cli

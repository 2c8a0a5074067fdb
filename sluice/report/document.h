// What a report says, as plain data; html.h, figures.h and leaderboard.h draw it.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace sluice {

inline constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

/// "rows read": "144", "frequency": "monthly (MS)".
struct Fact {
  std::string name, value;
};

/// Loss of each epoch of one training run.
struct LossCurve {
  std::string name;                ///< "seed 1"
  std::vector<double> train;       ///< [epochs]
  std::vector<double> validation;  ///< [epochs], or empty
  int best_epoch = -1;             ///< index of the epoch whose weights were kept; -1: the last
};

/// One metric of training; `curves` as those of the loss.
struct MetricCurves {
  std::string name;
  std::vector<LossCurve> curves;
};

/// Values of one model along an axis given elsewhere; NaN where there is none.
struct ModelValues {
  std::string name;
  std::vector<double> values;
  bool is_baseline = false;
};

/// Where a part of the rows begins.
struct SplitMark {
  int64_t row = 0;    ///< first row of the part
  std::string label;  ///< "training", "validation", "test"
};

/// The target column, the predictions on known rows, and how the rows were split.
struct SeriesPart {
  std::string name;                 ///< column name, with its unit if there is one
  std::vector<int64_t> times;       ///< [N] seconds since 1970 UTC, increasing; empty: row numbers
  std::vector<std::string> labels;  ///< [N] the dates as text; empty: made from `times`
  std::vector<double> actual;       ///< [N]
  std::vector<ModelValues> predicted;  ///< [N] each
  std::vector<SplitMark> marks;
};

/// One model's forecast. lower and upper are empty or [H].
struct ForecastValues {
  std::string name;
  std::vector<double> values, lower, upper;
  bool is_baseline = false;
};

/// The future: dates continue those of the series.
struct ForecastPart {
  std::vector<int64_t> times;       ///< [H]; empty where the series has none
  std::vector<std::string> labels;  ///< [H]
  std::vector<ForecastValues> models;
  std::string interval;  ///< what lower and upper mean: "80 % interval"
};

/// Error at each step ahead: values[h-1] is h steps ahead.
struct HorizonPart {
  std::string metric;  ///< "RMSE"
  std::vector<ModelValues> models;
};

struct MetricColumn {
  std::string name;
  bool higher_is_better = false;
};

/// Mean over the seeds; sd is NaN where there was one run only.
struct MetricValue {
  double mean = not_known;
  double sd = not_known;
};

struct LeaderboardRow {
  std::string model;
  std::vector<MetricValue> values;  ///< one for each column
  bool is_baseline = false;
  bool winner = false;
  int runs = 1;  ///< seeds behind the mean
};

/// Errors of every model on the same windows; the first metric decides.
struct Leaderboard {
  std::vector<MetricColumn> metrics;
  std::vector<LeaderboardRow> rows;
  std::string sentence;  ///< which wins and by how much; empty: leaderboard.h writes it
};

/// A part that is empty is left out of the page.
struct ReportDocument {
  std::string title;
  std::string subtitle;               ///< one line under the title
  std::string created;                ///< date and time as text
  std::vector<Fact> facts;            ///< what was read and what was run
  std::vector<std::string> notes;     ///< what was inferred
  std::vector<std::string> warnings;  ///< what a reader must know first: test rows were seen, …
  std::string recipe;                 ///< YAML text
  std::string loss_name = "loss";
  std::vector<LossCurve> loss;
  std::vector<MetricCurves> metrics;  ///< of training, beside the loss
  SeriesPart series;
  ForecastPart forecast;
  HorizonPart horizon;
  Leaderboard leaderboard;
};

}  // namespace sluice

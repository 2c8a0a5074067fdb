// A document with every part filled, from a made-up monthly series.
#pragma once

#include <chrono>
#include <cmath>
#include <string>

#include "sluice/report/document.h"
#include "sluice/report/leaderboard.h"

namespace sluice {

inline int64_t month_start(int months_since_1949) {
  using namespace std::chrono;
  const sys_days date(year(1949 + months_since_1949 / 12) /
                      month(static_cast<unsigned>(months_since_1949 % 12) + 1) / 1);
  return duration_cast<seconds>(date.time_since_epoch()).count();
}

inline double passengers(int month) {
  const double season = std::sin(2 * M_PI * (month - 3) / 12.0) + 0.4 * std::sin(M_PI * month / 3);
  return (110 + 2.4 * month) * (1 + 0.16 * season) + 9 * std::sin(month * 12.9898);
}

/// Values near the truth on the rows from `first` on.
inline ModelValues sample_model(const char* name, bool is_baseline, int rows, int first,
                                double error) {
  ModelValues model{name, std::vector<double>(static_cast<size_t>(rows), not_known), is_baseline};
  for (int i = first; i < rows; ++i)
    model.values[static_cast<size_t>(i)] = passengers(i) + error * std::sin(i * 78.233 + error);
  return model;
}

inline SeriesPart sample_series(int rows) {
  SeriesPart series;
  series.name = "客运量 (thousands)";
  for (int i = 0; i < rows; ++i) {
    series.times.push_back(month_start(i));
    series.actual.push_back(passengers(i));
  }
  series.predicted = {sample_model("lstm", false, rows, rows - 46, 18),
                      sample_model("seasonal_ratio", true, rows, rows - 46, 22),
                      sample_model("ridge", true, rows, rows - 46, 26),
                      sample_model("naive", true, rows, rows - 46, 60)};
  series.marks = {{0, "training"}, {rows - 58, "validation"}, {rows - 46, "test"}};
  return series;
}

inline ForecastPart sample_forecast(int rows, int steps) {
  ForecastPart forecast;
  forecast.interval = "80 % interval";
  ForecastValues lstm{"lstm", {}, {}, {}};
  ForecastValues ratio{"seasonal_ratio", {}, {}, {}, true};
  for (int h = 0; h < steps; ++h) {
    const double value = passengers(rows + h);
    forecast.times.push_back(month_start(rows + h));
    lstm.values.push_back(value);
    lstm.lower.push_back(value - 14 - 2 * h);
    lstm.upper.push_back(value + 14 + 2 * h);
    ratio.values.push_back(value + 12 * std::sin(h * 1.7));
  }
  forecast.models = {lstm, ratio};
  return forecast;
}

inline ReportDocument sample_document() {
  constexpr int rows = 144, steps = 12;
  ReportDocument document;
  document.title = "airline-passengers.csv";
  document.subtitle = "Monthly, 144 rows, 12 steps ahead";
  document.created = "2024-05-17 09:30";
  document.facts = {{"file", "airline-passengers.csv"},
                    {"rows", "144, 1949-01 to 1960-12"},
                    {"target", "客运量"},
                    {"frequency", "monthly (MS)"},
                    {"windows", "lookback 12, horizon 12"},
                    {"model", "lstm 32, linear: 4,513 parameters"}};
  document.notes = {"Column \"Month\" holds the dates (format %Y-%m).",
                    "\"客运量\" is the only numeric column: it is the target."};
  document.warnings = {"fit_on=all: the scaler has seen the test rows."};
  document.recipe =
      "data: airline-passengers.csv\ntarget: 客运量\nhorizon: 12\nmodel:\n"
      "  - lstm: {hidden_size: 32}\nlearning_rate: 0.01\nseeds: 3\n";
  document.loss_name = "mean squared error (scaled)";
  for (int seed = 1; seed <= 3; ++seed) {
    LossCurve curve{"seed " + std::to_string(seed), {}, {}};
    for (int epoch = 0; epoch < 120; ++epoch) {
      const double wave = 0.1 * std::sin(epoch * (1.3 + seed)) + 1;
      curve.train.push_back((0.9 * std::exp(-epoch / 14.0) + 0.006 * seed) * wave);
      curve.validation.push_back((0.9 * std::exp(-epoch / 16.0) + 0.012 * seed) * wave);
    }
    document.loss.push_back(curve);
  }
  document.series = sample_series(rows);
  document.forecast = sample_forecast(rows, steps);
  document.horizon.metric = "RMSE";
  for (const double first : {15.0, 16.0, 40.0}) {
    ModelValues model{first == 15 ? "lstm" : first == 16 ? "seasonal_ratio" : "naive", {}};
    model.is_baseline = first > 15;
    for (int h = 0; h < steps; ++h) model.values.push_back(first * (1 + 0.08 * h));
    document.horizon.models.push_back(model);
  }
  document.leaderboard.metrics = {{"RMSE"}, {"MAE"}, {"MAPE"}, {"R²", true}};
  document.leaderboard.rows = {
      {"naive", {{48.21}, {39.9}, {9.87}, {0.412}}, true},
      {"lstm", {{15.1, 0.31}, {11.42, 0.25}, {2.61, 0.06}, {0.957, 0.002}}, false, false, 3},
      {"seasonal_ratio", {{15.94}, {12.03}, {2.71}, {0.951}}, true},
      {"ridge", {{17.3}, {13.11}, {3.02}, {0.944}}, true}};
  rank_leaderboard(document.leaderboard);
  return document;
}

}  // namespace sluice

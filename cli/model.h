// A model file as the command writes it: the forecaster, and what a report tells of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "job.h"
#include "sluice/forecast/backtest.h"
#include "sluice/forecast/forecaster.h"

namespace sluice::cli {

/// The series as a report draws it, and the forecast made when the model was fitted.
struct Picture {
  std::string file, target, frequency;
  std::vector<std::string> labels;  ///< [rows]
  std::vector<int64_t> times;       ///< [rows], empty without dates
  std::vector<double> values;       ///< [rows]
  std::vector<std::string> future;  ///< [horizon]
  std::vector<int64_t> future_times;
  std::vector<std::vector<double>> forecast;  ///< [seeds][horizon]
  std::vector<std::string> read, inferred;    ///< notes
};

struct StoredModel {
  Forecaster forecaster;
  std::optional<Backtest> backtest;
  Picture picture;
};

Picture make_picture(const Job& job, const Forecaster& forecaster);
void save_stored(const StoredModel& model, const std::string& path);
StoredModel load_stored(const std::string& path);

}  // namespace sluice::cli

// How far forecasts are from what happened: one table of metrics.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace sluice {

/// The scores of one set of forecasts; NaN where a metric is undefined (R² of a constant series,
/// MASE of a training part that never changes, any metric without a single scored pair).
struct Metrics {
  double rmse = 0;    ///< √mean(e²), in the unit of the series
  double mae = 0;     ///< mean|e|, in the unit of the series
  double mape = 0;    ///< 100·mean(|e| / max(|y|, 1e-7)), percent
  double smape = 0;   ///< mean(200·|e| / (|y|+|ŷ|)), percent, 0 where both are 0
  double mase = 0;    ///< mean|e| / in-sample mean|y[t]−y[t−season]|
  double r2 = 0;      ///< 1 − Σe² / Σ(y−mean y)²
  int64_t count = 0;  ///< pairs that were scored
};

/// One row of the table from which printing, JSON and the docs derive.
struct MetricInfo {
  std::string name;   ///< "rmse", also the JSON key
  std::string title;  ///< "RMSE", the column heading
  std::string doc;    ///< the formula in one line
  double Metrics::* value;
};
std::span<const MetricInfo> metric_table();

/// Scores `predicted` against `actual` (same length). Pairs whose actual is NaN (a missing value)
/// are left out; a predicted NaN makes every metric NaN, as that forecast does not exist.
/// `scale` divides the absolute errors of MASE: one value for all pairs or one per pair.
Metrics score(std::span<const double> actual, std::span<const double> predicted,
              std::span<const double> scale);
Metrics score(std::span<const double> actual, std::span<const double> predicted, double scale);

/// The MASE denominator: mean|y[t] − y[t−season]| over a training part; NaN if it has no such pair.
double mase_scale(std::span<const double> training, int season);

}  // namespace sluice

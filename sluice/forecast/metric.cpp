#include "sluice/forecast/metric.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "sluice/base/error.h"

namespace sluice {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

Metrics all_undefined(int64_t count) {
  return {undefined, undefined, undefined, undefined, undefined, undefined, count};
}

double ratio(double above, double below) { return below > 0 ? above / below : undefined; }

// Mean of the scored values, for R²; also counts them.
double mean_of_known(std::span<const double> values, int64_t& count) {
  double sum = 0;
  count = 0;
  for (double value : values)
    if (!std::isnan(value)) sum += value, ++count;
  return count ? sum / static_cast<double>(count) : undefined;
}

}  // namespace

std::span<const MetricInfo> metric_table() {
  static const std::array<MetricInfo, 6> table = {{
      {"rmse", "RMSE", "√mean(e²)", &Metrics::rmse},
      {"mae", "MAE", "mean|e|", &Metrics::mae},
      {"mape", "MAPE %", "100·mean(|e| / max(|y|, 1e-7))", &Metrics::mape},
      {"smape", "sMAPE %", "mean(200·|e| / (|y|+|ŷ|))", &Metrics::smape},
      {"mase", "MASE", "mean|e| / mean|y[t]−y[t−season]| of the training part", &Metrics::mase},
      {"r2", "R²", "1 − Σe² / Σ(y−mean y)²", &Metrics::r2},
  }};
  return table;
}

Metrics score(std::span<const double> actual, std::span<const double> predicted,
              std::span<const double> scale) {
  if (actual.size() != predicted.size() || actual.size() != scale.size())
    fail_config("metric.size", "score", "actual, predicted and scale must have the same length");
  int64_t count = 0;
  const double mean = mean_of_known(actual, count);
  if (count == 0) return all_undefined(0);
  double squares = 0, absolute = 0, percent = 0, symmetric = 0, scaled = 0, spread = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double y = actual[i], error = std::abs(y - predicted[i]);
    if (std::isnan(y)) continue;
    if (!std::isfinite(error)) return all_undefined(count);
    squares += error * error;
    absolute += error;
    percent += 100 * error / std::max(std::abs(y), 1e-7);
    symmetric += error == 0 ? 0 : 200 * error / (std::abs(y) + std::abs(predicted[i]));
    scaled += ratio(error, scale[i]);
    spread += (y - mean) * (y - mean);
  }
  const auto n = static_cast<double>(count);
  return {std::sqrt(squares / n),     absolute / n, percent / n, symmetric / n, scaled / n,
          1 - ratio(squares, spread), count};
}

Metrics score(std::span<const double> actual, std::span<const double> predicted, double scale) {
  const std::vector<double> scales(actual.size(), scale);
  return score(actual, predicted, scales);
}

double mase_scale(std::span<const double> training, int season) {
  double sum = 0;
  int64_t count = 0;
  for (size_t t = static_cast<size_t>(std::max(season, 1)); t < training.size(); ++t) {
    const double change =
        std::abs(training[t] - training[t - static_cast<size_t>(std::max(season, 1))]);
    if (!std::isnan(change)) sum += change, ++count;
  }
  return count ? sum / static_cast<double>(count) : undefined;
}

}  // namespace sluice

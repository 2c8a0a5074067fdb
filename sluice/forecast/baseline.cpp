#include "sluice/forecast/baseline.h"

#include <array>
#include <cmath>
#include <limits>

namespace sluice {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

std::span<const Baseline> baseline_table() {
  static const std::array<Baseline, 4> table = {{
      {"naive", "the last value, repeated", false, naive},
      {"seasonal_naive", "the value one season before", true, seasonal_naive},
      {"seasonal_ratio", "y[t-1]*y[t-m]/y[t-m-1], beyond one step on its own forecasts", true,
       seasonal_ratio},
      {"mean", "the mean of all known values", false, mean_forecast},
  }};
  return table;
}

std::vector<double> naive(std::span<const double> history, int horizon, int) {
  const double last = history.empty() ? unknown : history.back();
  return std::vector<double>(static_cast<size_t>(horizon), last);
}

std::vector<double> seasonal_naive(std::span<const double> history, int horizon, int season) {
  std::vector<double> result(static_cast<size_t>(horizon), unknown);
  const auto m = static_cast<size_t>(season);
  if (history.size() < m) return result;
  for (size_t h = 0; h < result.size(); ++h) result[h] = history[history.size() - m + h % m];
  return result;
}

std::vector<double> seasonal_ratio(std::span<const double> history, int horizon, int season) {
  std::vector<double> known(history.begin(), history.end());
  const auto m = static_cast<size_t>(season);
  for (int h = 0; h < horizon; ++h) {
    const size_t t = known.size();
    const double below = t > m ? known[t - m - 1] : 0;
    known.push_back(below != 0 ? known[t - 1] * known[t - m] / below : unknown);
  }
  return {known.end() - horizon, known.end()};
}

std::vector<double> mean_forecast(std::span<const double> history, int horizon, int) {
  double sum = 0;
  size_t count = 0;
  for (double value : history)
    if (!std::isnan(value)) sum += value, ++count;
  const double mean = count ? sum / static_cast<double>(count) : unknown;
  return std::vector<double>(static_cast<size_t>(horizon), mean);
}

}  // namespace sluice

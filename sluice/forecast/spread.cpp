#include "sluice/forecast/spread.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sluice/base/error.h"

namespace sluice {

namespace {

double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - std::floor(place)) * (sorted[above] - sorted[below]);
}

Spread spread_of(std::vector<double> values, double level) {
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / count;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double outside = (1 - level) / 2;
  return {std::sqrt(squares / (count - 1)), quantile(values, outside),
          quantile(values, 1 - outside)};
}

}  // namespace

std::vector<Spread> spread_of(const std::vector<std::vector<double>>& samples, double level) {
  if (samples.size() < 2)
    fail_config("forecast.samples", "monte_carlo",
                std::to_string(samples.size()) + " samples have no spread",
                "draw two or more, for example monte_carlo=100");
  std::vector<Spread> spreads;
  for (size_t h = 0; h < samples.front().size(); ++h) {
    std::vector<double> column;
    for (const std::vector<double>& sample : samples) column.push_back(sample[h]);
    spreads.push_back(spread_of(std::move(column), level));
  }
  return spreads;
}

}  // namespace sluice

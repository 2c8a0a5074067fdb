// How far forecasts of the same step lie apart.
#pragma once

#include <vector>

namespace sluice {

/// Of one step's values.
struct Spread {
  double deviation;  ///< standard deviation, over n - 1
  double low, high;  ///< quantiles that `level` of the values lie between
};

/// For each column of samples [n][horizon], n at least 2; `level` in (0, 1), 0.8 for the quantiles
/// 0.1 and 0.9. A quantile between two values lies on the line between them, as NumPy's does.
/// Throws Error "forecast.samples" for fewer samples.
std::vector<Spread> spread_of(const std::vector<std::vector<double>>& samples, double level);

}  // namespace sluice

// The ridge row of every leaderboard: transform and penalty chosen inside the training part.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sluice/forecast/encoder.h"
#include "sluice/forecast/recipe.h"
#include "sluice/forecast/ridge.h"

namespace sluice {

/// A linear direct multi-step model on one encoding of the series.
class RidgeForecaster {
 public:
  /// Tries the transforms that the series allows with every penalty on expanding folds of
  /// `training`, takes the pair with the least squared error in the units of the target, and fits
  /// it on all of `training`. `recipe` must be resolved. Throws Error "data.too_short".
  static RidgeForecaster fit(const Series& training, const Recipe& recipe);

  /// The horizon after the last row of `rows`.
  std::vector<double> forecast(const Series& rows) const;
  /// The transforms that were chosen.
  const std::vector<std::string>& transform() const { return encoder_.options().transform; }
  /// "log, last_value, calendar; penalty 0.01": what was chosen.
  const std::string& chosen() const { return chosen_; }

 private:
  Encoder encoder_;
  LinearModel model_;
  std::string chosen_;
};

}  // namespace sluice

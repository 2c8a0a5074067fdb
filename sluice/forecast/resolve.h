// What a recipe leaves open, inferred from the training rows and said aloud.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/data/calendar_feature.h"
#include "sluice/forecast/recipe.h"
#include "sluice/forecast/series.h"

namespace sluice {

/// A recipe without open keys, and one sentence for every key that was inferred.
struct Resolved {
  Recipe recipe;
  std::vector<std::string> notes;
};

/// `training` holds the rows before the first cutoff and nothing else, so that no choice has seen
/// a test row. Throws Error "data.too_short" if it cannot hold one window.
Resolved resolve(const Recipe& recipe, const Series& training);

/// The season of the calendar (12 for months, 24 for hours, …) if the series really has it: the
/// autocorrelation of its differences at that lag is significant; else 1.
int detect_season(const Series& training);

/// The calendar words of a recipe with its encoding.
std::vector<CalendarFeature> calendar_of(const Recipe& recipe);

}  // namespace sluice

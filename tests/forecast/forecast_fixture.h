// A small seasonal series and recipes that train in milliseconds.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "sluice/base/parallel.h"
#include "sluice/data/synthetic.h"
#include "sluice/forecast/resolve.h"
#include "sluice/forecast/series.h"

namespace sluice {

inline Frame monthly_frame(int64_t rows = 72) {
  SyntheticOptions options;
  options.rows = rows;
  return synthetic_frame(options, "MS");
}

/// Trains on one thread: for networks this small a second one only waits.
inline Recipe quick_recipe(std::vector<std::string> arguments = {}) {
  set_num_threads(1);
  const bool layers = std::any_of(arguments.begin(), arguments.end(), [](const std::string& word) {
    return word.starts_with("model=[");
  });
  arguments.insert(arguments.begin(), {"epochs=3", "seeds=2"});
  if (!layers) arguments.insert(arguments.begin(), "hidden_size=4");
  return read_recipe_arguments(arguments);
}

/// Series and resolved recipe, everything inferred from all rows.
struct Prepared {
  Series series;
  Recipe recipe;
};
inline Prepared prepare(const Recipe& recipe, Frame frame = monthly_frame()) {
  const Series series = make_series(std::move(frame), recipe);
  return {series, resolve(recipe, series).recipe};
}

}  // namespace sluice

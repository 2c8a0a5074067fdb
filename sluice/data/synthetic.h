// Series whose truth is known, for tests and examples.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/data/frame.h"

namespace sluice {

/// level + trend · t + amplitude · sin(2π t / season) + noise · N(0,1), from a fixed seed.
struct SyntheticOptions {
  int64_t rows = 200;
  double level = 100;
  double trend = 0.5;
  double amplitude = 20;
  int season = 12;
  double noise = 1;
  uint64_t seed = 1;
};
std::vector<double> synthetic_series(const SyntheticOptions& options);
/// The same as a frame with times from 2000-01-01 in steps of `frequency` and a column "y".
Frame synthetic_frame(const SyntheticOptions& options, const std::string& frequency = "MS");

}  // namespace sluice

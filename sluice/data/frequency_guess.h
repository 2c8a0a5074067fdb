// How a column of times moves: the frequency it follows and where it leaves a step out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sluice/data/calendar.h"

namespace sluice {

/// Steps left out between row `after` and the next.
struct Gap {
  int64_t after = 0;
  int64_t missing = 0;
};

struct FrequencyGuess {
  Frequency frequency;        ///< none if the times follow no grid
  std::vector<Gap> gaps;      ///< of that frequency
  int64_t missing = 0;        ///< steps left out in all
  int64_t odd_row = -1;       ///< first row that lies on no grid, if frequency is none
  bool trading_days = false;  ///< weekdays only, with holidays left out: frequency is B with gaps
};

/// times: strictly ascending, at least two.
FrequencyGuess guess_frequency(std::span<const Timestamp> times);
/// The gaps of times on a given grid; odd_row names the first row off the grid.
FrequencyGuess check_frequency(const Frequency& frequency, std::span<const Timestamp> times);

}  // namespace sluice

// Where an axis of dates is marked, and how dates are written on it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/report/chart.h"

namespace sluice {

/// At most `most` round dates (years, quarters, months, Mondays, hours, …) from first to last,
/// in seconds since 1970 UTC.
std::vector<Tick> time_ticks(double first, double last, int most);

/// About `most` or fewer round numbers (1, 2 or 5 times a power of ten apart); on a logarithmic
/// axis powers of ten, with 2 and 5 between them where there is room.
std::vector<Tick> number_ticks(double first, double last, bool logarithmic, int most);

/// The times as text, no finer than the finest needs: "1949-01", "2020-03-01",
/// "2020-03-01 06:00", "… 06:00:30".
std::vector<std::string> time_labels(const std::vector<int64_t>& times);

}  // namespace sluice

// Long lines made short for drawing, with every peak kept.
#pragma once

#include "sluice/report/chart.h"

namespace sluice {

/// The chart with lines of at most about `most_points` points: of each group of neighbouring
/// points, the smallest and the largest value of every line are kept, and gaps stay gaps. The
/// caption says so; a chart that is short enough comes back as it is.
Chart decimate(const Chart& chart, size_t most_points = 2400);

}  // namespace sluice

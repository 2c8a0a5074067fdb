// A backtest with its progress and its tables on the console.
#pragma once

#include "console.h"
#include "job.h"
#include "sluice/forecast/backtest.h"

namespace sluice::cli {

/// Prints the baselines as soon as they are there, then all models ranked. With fit_on=all the
/// network is also run with fit_on=train, so that both numbers stand there.
Backtest run_and_print(Console& console, const Job& job);

}  // namespace sluice::cli

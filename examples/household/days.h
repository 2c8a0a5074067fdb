// The household's file as it is downloaded, a row a minute, made into days; or days as they ship.
#pragma once

#include <string>

#include "sluice/data/frame.h"

namespace sluice {

/// Reads a file of days; or one of minutes (`;`, d/m/Y, `?`), which is cleaned as the tutorials do
/// it: a missing minute is that of the day before, sub_metering_4 is the active energy that no
/// sub-meter measured, minutes are summed to days. Those are written to FOLDER/days.csv, and what
/// it took is printed. Throws the errors of read_csv(), clean() and aggregate().
Frame read_days(const std::string& path, const std::string& folder);

}  // namespace sluice

// Many rows become one for each hour, day, week or month.
#pragma once

#include <string>

#include "sluice/data/frame.h"

namespace sluice {

/// One row for each step of `frequency` ("D", "h", "15min": a day and what divides it; "W-MON",
/// "MS", "QS", "YS": weeks that begin on Monday, months, quarters, years) in which the frame has
/// rows: `how`, sum or mean, of the rows in it, missing if one of them is (pandas' resample leaves
/// missing ones out). Its time is the step's beginning, its line that of its first row; the first
/// and the last step may be partial (see whole_steps()). Rows must be in time order (see clean()).
/// Throws Error "data.no_time", "data.unsorted", "config.frequency", "config.aggregate", and what
/// Frame::numbers() throws for a column of text.
Frame aggregate(const Frame& frame, const std::string& frequency, const std::string& how = "sum");

/// The rows without those of a first and a last step that the frame holds a part of only; what went
/// is said in Frame::notes. Where rows have no steady distance (Frame::frequency none) nothing
/// goes. Throws Error "data.too_short" if no row is left, and as aggregate().
Frame whole_steps(Frame frame, const std::string& frequency);

}  // namespace sluice

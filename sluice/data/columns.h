// A table made ready for supervised learning: columns taken away, numbered by class, set beside
// their own past.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sluice/data/frame.h"

namespace sluice {

/// The frame without these columns; throws Error "data.unknown_column" with the nearest name.
Frame drop_columns(Frame frame, const std::vector<std::string>& names);
/// The same by place, from 0; the time columns are not counted. Throws Error "data.unknown_column".
Frame drop_column_numbers(Frame frame, const std::vector<int>& numbers);

/// The frame with one more column, the sum of factor · column over `terms`: {{"a", 1000.0 / 60},
/// {"b", -1}} is 1000/60 · a − b. Missing where one of them is. Throws Error "config.column" where
/// the name is taken or nothing is to be added, and what Frame::numbers() throws for a term.
Frame add_column(Frame frame, const std::string& name,
                 const std::vector<std::pair<std::string, double>>& terms);

/// Numbers the distinct values of a column 0, 1, 2, … in ascending order (texts by their bytes), as
/// scikit-learn's LabelEncoder; a missing value stays missing.
Frame label_encode(Frame frame, const std::string& name);

/// Every row beside the `lags` rows before it and the `steps` − 1 after it, as the function of this
/// name that goes around in Keras tutorials: columns var1(t-2), var2(t-2), var1(t-1), …, var1(t),
/// var2(t), var1(t+1), …; times and lines are those of row t, rows with a missing value are left
/// out. Throws Error "config.window" for lags < 0 or steps < 1, "data.too_short", and what
/// Frame::numbers() throws for a column of text.
Frame series_to_supervised(const Frame& frame, int lags, int steps = 1);

}  // namespace sluice

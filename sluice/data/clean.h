// From rows as they stand in a file to a series in steps: order, duplicates, frequency, gaps,
// holes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sluice/data/frame.h"

namespace sluice {

/// One row of the table of ways to treat missing values.
struct MissingPolicy {
  const char* name;
  const char* doc;
};
/// error, drop, linear, forward, mean, zero, seasonal.
std::span<const MissingPolicy> missing_policies();

struct CleanOptions {
  std::string frequency;             ///< "": inferred; "none": rows are steps, whatever their dates
  std::string missing = "error";     ///< a name of missing_policies(); holes in the index count too
  std::string duplicates = "error";  ///< error, first, last, mean
  bool sort = false;  ///< put unordered rows in order (newest first is always turned)
  std::vector<std::string> columns;  ///< those in use; empty: every numeric column
  int season = 0;                    ///< for missing=seasonal; 0: a day, or the usual season
};

/// Puts rows in time order, refuses or resolves duplicates, infers or checks the frequency and
/// inserts a row of missing values for every step that the file leaves out (missing=error: Error
/// "data.gap"; missing=drop: nothing is inserted). Then rows that cannot be kept go: those with a
/// missing value for missing=drop, those before the first values where these are what later ones
/// are filled from. Sets Frame::frequency. Errors: "data.unsorted", "data.duplicate_time",
/// "data.gap", "data.irregular", "data.frequency", "data.all_missing", "config.frequency".
Frame regularize(Frame frame, const CleanOptions& options);

/// Fills missing values of the columns in use, in place (the number of rows stays); "error" throws
/// Error "data.missing" that lists columns, counts and first rows. Rows before `train_rows` are
/// filled from rows before `train_rows` only, so that nothing of the test part leaks into training
/// (0: no border).
Frame fill_missing(Frame frame, const CleanOptions& options, int64_t train_rows = 0);

/// regularize() and fill_missing().
Frame clean(Frame frame, const CleanOptions& options, int64_t train_rows = 0);

/// Missing cells of a column and where they begin.
struct MissingCount {
  std::string column;
  int64_t count = 0;
  std::vector<int64_t> first_rows;  ///< up to five frame rows
};
/// One entry for every column in use that has missing values.
std::vector<MissingCount> count_missing(const Frame& frame, std::span<const std::string> columns);

}  // namespace sluice

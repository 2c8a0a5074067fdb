// A table of columns with a time index: what every file becomes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sluice/data/calendar.h"

namespace sluice {

/// A cell that could not be read as what its column holds. It is reported when the column is used,
/// so that a column nobody asked for cannot stop the work.
struct CellProblem {
  std::string id;       ///< "data.not_a_number", "data.infinite", "data.ambiguous_number"
  int64_t row = 0;      ///< line in the file
  std::string message;  ///< one sentence that quotes the cell
  std::string hint;
  int64_t count = 0;  ///< how many cells of the column are like it
};

/// Numbers in `values`, or text in `labels` and `codes`; never both.
struct Column {
  std::string name;
  std::vector<double> values;       ///< NaN = missing
  std::vector<std::string> labels;  ///< the distinct texts
  std::vector<int32_t> codes;       ///< index into `labels` for each row, -1 = missing
  std::optional<CellProblem> problem;

  bool numeric() const { return codes.empty() && labels.empty(); }
  /// The text of a row of a text column, "" if missing.
  const std::string& text(int64_t row) const;
};

/// Rows in time order once cleaned (see clean.h); as in the file before.
struct Frame {
  std::string source;                ///< file name, for messages
  std::vector<Column> columns;       ///< without the time columns
  std::vector<Timestamp> time;       ///< empty: the file has no time column
  std::string time_name;             ///< "Month", "Date;Time"
  std::string time_pattern;          ///< how to write a time as the file does, see time_format.h
  int zone_seconds = 0;              ///< offset written where the pattern has %z
  Frequency frequency;               ///< set by clean()
  std::vector<int64_t> row_numbers;  ///< line in the file of each row, 0 = filled in by us
  std::vector<std::string> notes;    ///< what was inferred, one short sentence each

  int64_t rows() const { return static_cast<int64_t>(row_numbers.size()); }
  const Column* find(const std::string& name) const;
  /// The column, or Error "data.unknown_column" with the nearest name; `option` is what asked for
  /// it.
  const Column& column(const std::string& name, const std::string& option) const;
  /// Its numbers [rows()]; throws its CellProblem, or Error "data.not_numeric" for text.
  std::span<const double> numbers(const std::string& name, const std::string& option) const;
  std::vector<std::string> numeric_names() const;

  /// "sales.csv:17", for Error::where.
  std::string where(int64_t row) const;
  /// "row 17" (its line in the file), or "a row filled in".
  std::string row_text(int64_t row) const;
  /// The time of a row as the file writes it, or its line "row 17" without times.
  std::string label(int64_t row) const;
  /// Any time as the file writes it.
  std::string format(Timestamp when) const;
};

/// The target: `wanted` if given, else the only numeric column; else Error "config.target" that
/// lists the numeric columns.
std::string choose_target(const Frame& frame, const std::string& wanted);

/// Rows first … last-1 of a frame, with everything else kept.
Frame slice(const Frame& frame, int64_t first, int64_t last);
/// The rows named, in that order; -1 makes a row of missing values whose time is left to the
/// caller.
Frame gather(Frame frame, std::span<const int64_t> rows);

}  // namespace sluice

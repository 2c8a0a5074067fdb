// The time of each row of a CSV file: which columns hold it, and how they are read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/data/csv_dialect.h"
#include "sluice/data/frame.h"
#include "sluice/data/time_format.h"

namespace sluice {

/// Where the time stands. Cells of several columns are joined with a blank before they are read.
struct TimePlan {
  std::vector<size_t> columns;  ///< empty: no time
  std::string name;             ///< "Month", "Date;Time"
  std::string pattern;
  std::string alternative;  ///< the other reading while day and month may be swapped, else ""
  std::string output;       ///< pattern for writing times
};

/// Finds or checks the time columns on the sample. Throws Error "data.unknown_column",
/// "data.time", "data.mixed_time".
TimePlan plan_time(const std::string& source, const std::vector<std::string>& names,
                   const CsvSample& sample, const CsvOptions& options);

/// Reads the times row by row.
class TimeBuilder {
 public:
  TimeBuilder(TimePlan plan, std::string source);
  void add(std::span<const std::string_view> cells, int64_t line);
  /// Settles day and month if still open (Error "data.ambiguous_time") and moves the times into
  /// `frame`, with notes.
  void finish(Frame& frame);

 private:
  std::string_view joined(std::span<const std::string_view> cells, int64_t line);
  [[noreturn]] void fail_mixed(std::string_view cell, int64_t line) const;
  void settle_alternative(Frame& frame);
  void settle_zones(Frame& frame);
  void note_months(Frame& frame) const;
  void remember_spelling(std::string_view cell);

  TimePlan plan_;
  std::string source_;
  TimeFormat format_, alternative_;
  std::vector<Timestamp> times_, alternative_times_;
  std::vector<int32_t> zones_;
  std::string buffer_;
  std::vector<std::string> spellings_;  ///< the first cell, and others of other lengths
};

}  // namespace sluice

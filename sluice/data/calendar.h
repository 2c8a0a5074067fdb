// Time as seconds, and the steps in which a series moves through it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

/// Seconds since 1970-01-01 00:00:00 on the clock of the file (UTC if its times name several
/// zones).
using Timestamp = int64_t;

/// What one step of a series is measured in.
enum class TimeUnit { none, second, minute, hour, day, business_day, week, month, quarter, year };

/// The distance of neighbouring rows: `count` units. `none` means rows are counted, not dated.
struct Frequency {
  TimeUnit unit = TimeUnit::none;
  int count = 1;
  /// Months, quarters, years: the day of the month each step falls on, 31 = its last day.
  /// Weeks: the weekday, 0 = Monday. Otherwise unused.
  int anchor = 0;

  friend bool operator==(const Frequency&, const Frequency&) = default;
  bool regular() const { return unit != TimeUnit::none; }
};

/// Reads "D", "B", "W-SUN", "MS", "M"/"ME", "QS", "Q"/"QE", "YS", "Y"/"A"/"YE", "H"/"h",
/// "15min"/"15T", "S"/"s", "none", each with an optional count ("2W-MON"); throws Error
/// "config.frequency".
Frequency parse_frequency(const std::string& name);
/// The name in today's spelling ("MS", "h", "15min", "W-SUN", "none").
std::string frequency_name(const Frequency& frequency);
/// "monthly", "every 15 minutes", "irregular": for sentences.
std::string describe(const Frequency& frequency);

/// The time `steps` steps after `time` (before it if negative); throws Error "data.frequency" for
/// none.
Timestamp advance(const Frequency& frequency, Timestamp time, int64_t steps);
/// Steps from `from` to `to` if `to` lies on the grid that starts at `from`, else -1. from <= to.
int64_t steps_between(const Frequency& frequency, Timestamp from, Timestamp to);
/// The `count` times that follow `last`; empty for frequency none.
std::vector<Timestamp> future_times(const Frequency& frequency, Timestamp last, int count);

/// Steps in one season where nothing else is said: 12 for months, 7 days, 24 hours, 4 quarters,
/// 96 quarter-hours, 52 weeks, 5 business days, 1 for years and irregular rows.
int default_season(const Frequency& frequency);
/// Steps in one day for a frequency below a day that divides it, else default_season().
int steps_per_day_or_season(const Frequency& frequency);

/// A date and a time of day taken apart.
struct CivilTime {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
};
CivilTime civil_time(Timestamp time);
Timestamp timestamp(const CivilTime& civil);
int days_in_month(int year, int month);
/// 0 = Monday … 6 = Sunday.
int weekday(Timestamp time);

}  // namespace sluice

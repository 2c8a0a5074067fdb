// Dates as text: one format read and written in the style of a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/data/calendar.h"

namespace sluice {

/// A strftime-like pattern, compiled once. Known: %Y %y %m %d %H %I %M %S %p %b %B %j %q (quarter)
/// %G %V (ISO year and week, meaning its Monday) %z (reads Z, +hh, +hhmm, +hh:mm, writes +hhmm; %:z
/// writes +hh:mm) %s (epoch seconds) %Q (epoch milliseconds) %E (Excel's days since 1899-12-30)
/// %%, and %F %T %R. Numbers may lack their leading zero; %-m %-d %-H write none. %S reads a
/// fraction too. Months are read by their English, German, French or Spanish names (month_name.h)
/// and written by the English ones. The words "epoch", "epoch_ms" and "excel" stand for %s, %Q, %E.
class TimeFormat {
 public:
  TimeFormat() = default;
  /// Throws Error "config.time_format" for an unknown directive.
  explicit TimeFormat(const std::string& pattern);

  struct Parsed {
    Timestamp time = 0;     ///< on the clock of the text, its zone not yet taken off
    int zone_seconds = 0;   ///< offset east of UTC where %z is there
    bool fraction = false;  ///< a part of a second was there that is not zero
  };
  /// The whole text, or nothing.
  std::optional<Parsed> parse(std::string_view text) const;
  std::string format(Timestamp time, int zone_seconds = 0) const;

  const std::string& pattern() const { return pattern_; }
  bool has(char directive) const;

 private:
  struct Step {
    char directive = 0;  ///< 0: a literal byte
    char literal = 0;
    bool padded = true;  ///< writes leading zeros
    bool exact = false;  ///< digits follow digits: reads its full width
    bool colon = false;  ///< %:z
  };
  void compile(const std::string& pattern);
  void compile_directive(const std::string& pattern, size_t& at);

  std::string pattern_;
  std::vector<Step> steps_;
};

/// `time` in `pattern`: format_time(0, "%Y-%m-%d") is "1970-01-01".
std::string format_time(Timestamp time, const std::string& pattern);
/// Reads "2020", "2020-01", "2020-01-31" or "2020-01-31 12:00[:00]" as options give it; throws
/// Error "config.date" naming `option`.
Timestamp parse_iso_time(const std::string& text, const std::string& option);

}  // namespace sluice

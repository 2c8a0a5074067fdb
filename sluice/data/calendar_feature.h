// What the calendar knows of a date before it comes: inputs beside the series.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sluice/data/calendar.h"

namespace sluice {

/// One calendar word and its encoding.
struct CalendarFeature {
  enum class Kind { month, weekday, day_of_year, hour };
  Kind kind = Kind::month;
  int harmonics = 0;  ///< 0: one-hot, K: sine and cosine of 1 … K turns a period

  /// Numbers it takes: 12, 7 or 24 one-hot, else 2 · harmonics.
  int width() const;
};

/// Reads "month", "weekday", "hour" (one-hot), "day_of_year" (2 harmonics), with an encoding after
/// a colon: "month:3" (3 harmonics), "hour:one_hot"; throws Error "config.calendar".
CalendarFeature parse_calendar_feature(const std::string& word);
/// The words parse_calendar_feature knows, with one sentence each, for help and docs.
struct CalendarWord {
  const char* name;
  const char* doc;
};
std::span<const CalendarWord> calendar_words();

/// Total width of several features.
int calendar_width(std::span<const CalendarFeature> features);
/// Column names such as "month=1" or "sin1(day_of_year)", in the order of fill_calendar().
std::vector<std::string> calendar_names(std::span<const CalendarFeature> features);
/// Writes the features of one date into out[calendar_width()].
void fill_calendar(std::span<const CalendarFeature> features, Timestamp time,
                   std::span<double> out);

}  // namespace sluice

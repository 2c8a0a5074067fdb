#include "sluice/data/aggregate.h"

#include <algorithm>
#include <utility>

#include "sluice/base/error.h"

namespace sluice {
namespace {

constexpr int64_t day = 86400;

// Seconds of one unit of a day or of what divides it, 0 for a longer one.
int64_t seconds_of(const Frequency& frequency) {
  switch (frequency.unit) {
    case TimeUnit::second:
      return frequency.count;
    case TimeUnit::minute:
      return 60 * frequency.count;
    case TimeUnit::hour:
      return 3600 * frequency.count;
    case TimeUnit::day:
      return day * frequency.count;
    default:
      return 0;
  }
}

Frequency parse_steps(const std::string& name) {
  const Frequency frequency = parse_frequency(name);
  const int64_t seconds = seconds_of(frequency);
  const bool starts = frequency.unit == TimeUnit::week ||
                      (frequency.unit > TimeUnit::week && frequency.anchor <= 1);
  if (seconds > 0 ? day % seconds != 0 : !starts || frequency.count != 1)
    fail_config("config.frequency", "aggregate",
                "rows cannot be brought together in steps of \"" + name + "\"",
                "write D, h, a number of minutes that divides a day as 15min, W-MON for weeks that "
                "begin on Monday, MS, QS or YS");
  return frequency;
}

int64_t floor_to(Timestamp time, int64_t step) {
  const int64_t within = time % step;
  return time - (within < 0 ? within + step : within);
}

Timestamp step_begin(Timestamp time, const Frequency& frequency) {
  if (const int64_t seconds = seconds_of(frequency); seconds > 0) return floor_to(time, seconds);
  const Timestamp midnight = floor_to(time, day);
  if (frequency.unit == TimeUnit::week)
    return midnight - day * ((weekday(midnight) - frequency.anchor + 7) % 7);
  const CivilTime civil = civil_time(midnight);
  const int months = frequency.unit == TimeUnit::month     ? 1
                     : frequency.unit == TimeUnit::quarter ? 3
                                                           : 12;
  return timestamp({.year = civil.year, .month = civil.month - (civil.month - 1) % months});
}

void check_times(const Frame& frame) {
  if (frame.time.empty())
    fail_data("data.no_time", frame.source, "its rows have no times to bring them together by",
              "name the columns of the time");
  for (size_t row = 1; row < frame.time.size(); ++row)
    if (frame.time[row] < frame.time[row - 1])
      fail_data("data.unsorted", frame.where(static_cast<int64_t>(row)),
                "the row is earlier than the one before it", "put the rows in order with clean()");
}

// The first row of every step, and the number of rows behind the last.
std::vector<int64_t> borders(const Frame& frame, const Frequency& step) {
  std::vector<int64_t> rows;
  Timestamp next = 0;
  for (size_t row = 0; row < frame.time.size(); ++row) {
    if (row > 0 && frame.time[row] < next) continue;
    rows.push_back(static_cast<int64_t>(row));
    next = advance(step, step_begin(frame.time[row], step), 1);
  }
  rows.push_back(frame.rows());
  return rows;
}

}  // namespace

Frame aggregate(const Frame& frame, const std::string& frequency, const std::string& how) {
  if (how != "sum" && how != "mean")
    fail_config("config.aggregate", "how", "rows are not brought together by \"" + how + "\"",
                "write sum or mean");
  const Frequency step = parse_steps(frequency);
  check_times(frame);
  const std::vector<int64_t> border = borders(frame, step);
  Frame result = gather(frame, std::span(border).first(border.size() - 1));
  for (Timestamp& time : result.time) time = step_begin(time, step);
  result.frequency = step;
  const bool whole_days = seconds_of(step) == 0 || seconds_of(step) == day;
  if (whole_days && result.time_pattern.find("%H") != std::string::npos)
    result.time_pattern = "%Y-%m-%d";  // the time of day is midnight in every row
  for (Column& column : result.columns) {
    const auto values = frame.numbers(column.name, "aggregate");
    for (size_t i = 0; i + 1 < border.size(); ++i) {
      double sum = 0;
      for (int64_t row = border[i]; row < border[i + 1]; ++row)
        sum += values[static_cast<size_t>(row)];
      column.values[i] = how == "sum" ? sum : sum / static_cast<double>(border[i + 1] - border[i]);
    }
  }
  return result;
}

Frame whole_steps(Frame frame, const std::string& frequency) {
  const Frequency step = parse_steps(frequency);
  check_times(frame);
  if (!frame.frequency.regular() || frame.rows() == 0) return frame;
  const Timestamp first = step_begin(frame.time.front(), step);
  const Timestamp last = step_begin(frame.time.back(), step), next = advance(step, last, 1);
  const Timestamp second = advance(step, first, 1);
  int64_t begin = 0, end = frame.rows();
  // A step is whole where the row before it, or behind it, would belong to the next one.
  if (advance(frame.frequency, frame.time.front(), -1) >= first)
    while (begin < end && frame.time[static_cast<size_t>(begin)] < second) ++begin;
  if (advance(frame.frequency, frame.time.back(), 1) < next)
    while (end > begin && frame.time[static_cast<size_t>(end - 1)] >= last) --end;
  if (begin == 0 && end == frame.rows()) return frame;
  const std::string steps = frequency_name(step);
  if (begin == end)
    fail_data("data.too_short", frame.source,
              "its rows from " + frame.label(0) + " to " + frame.label(frame.rows() - 1) +
                  " hold no whole step of " + steps,
              "bring them together in shorter steps, or give more rows");
  std::string note = "left out, as parts of a step of " + steps + ":";
  if (begin > 0) note += " the rows before " + frame.label(begin);
  if (end < frame.rows()) note += (begin > 0 ? " and" : "") + (" those from " + frame.label(end));
  frame.notes.push_back(note);
  return slice(frame, begin, end);
}

}  // namespace sluice

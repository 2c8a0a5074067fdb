#include "sluice/data/clean.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <set>
#include <utility>

#include "sluice/base/error.h"
#include "sluice/data/frequency_guess.h"
#include "sluice/data/missing.h"

namespace sluice {
namespace {

constexpr size_t places_named = 3;

// "1949-05 (row 6)"
std::string at_row(const Frame& frame, int64_t row) {
  return frame.label(row) + " (" + frame.row_text(row) + ")";
}

// Text, or a few whole numbers that come again and again: a store, a sensor.
bool may_name_series(const Column& column) {
  if (!column.codes.empty()) return true;
  std::set<double> distinct;
  for (const double value : column.values) {
    if (value != std::floor(value)) return false;
    distinct.insert(value);
    if (4 * distinct.size() > column.values.size()) return false;
  }
  return true;
}

// What to do, and before that what a column says that names another series from this row on: a
// long table.
std::string hint_beside_series(const Frame& frame, int64_t row, const std::string& hint) {
  for (const Column& column : frame.columns) {
    const bool changes = column.codes.empty() ? column.values[row] != column.values[row - 1]
                                              : column.codes[row] != column.codes[row - 1];
    if (changes && may_name_series(column))
      return "if column \"" + column.name + "\" names several series, keep the rows of one of " +
             "them; else " + hint;
  }
  return hint;
}

void put_in_order(Frame& frame, const CleanOptions& options) {
  const std::vector<Timestamp>& time = frame.time;
  if (std::is_sorted(time.begin(), time.end())) return;
  std::vector<int64_t> order(time.size());
  std::iota(order.begin(), order.end(), 0);
  if (std::is_sorted(time.begin(), time.end(), std::greater<>())) {
    std::reverse(order.begin(), order.end());
    frame = gather(std::move(frame), order);
    frame.notes.push_back("rows stand newest first and were turned around");
    return;
  }
  if (!options.sort) {
    size_t rising = 0;
    for (size_t i = 1; i < time.size(); ++i) rising += time[i] > time[i - 1];
    const bool descending = 2 * rising < time.size() - 1;
    size_t row = 1;
    while (descending ? time[row] <= time[row - 1] : time[row] >= time[row - 1]) ++row;
    const auto here = static_cast<int64_t>(row);
    fail_data("data.unsorted", frame.where(here),
              frame.label(here) + " comes after " + at_row(frame, here - 1) +
                  ", so the rows are not in the order of their dates",
              hint_beside_series(frame, here, "sort the file, or say sort=true"));
  }
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return std::pair(frame.time[a], a) < std::pair(frame.time[b], b);
  });
  frame = gather(std::move(frame), order);
  frame.notes.push_back("rows were sorted by date");
}

// Rows first … last-1 share a time: their numbers become means, what else they hold that of the
// first.
void average_rows(Frame& frame, size_t first, size_t last) {
  for (Column& column : frame.columns) {
    if (column.values.empty()) continue;
    double sum = 0;
    int count = 0;
    for (size_t row = first; row < last; ++row)
      if (!std::isnan(column.values[row])) sum += column.values[row], ++count;
    if (count > 0) column.values[first] = sum / count;
  }
}

void resolve_duplicates(Frame& frame, const CleanOptions& options) {
  static const std::vector<std::string> known = {"error", "first", "last", "mean"};
  if (std::find(known.begin(), known.end(), options.duplicates) == known.end())
    fail_config("config.duplicates", "duplicates", "\"" + options.duplicates + "\" is no choice",
                "say error, first, last or mean");
  std::vector<int64_t> kept;
  for (size_t first = 0, last = 0; first < frame.time.size(); first = last) {
    while (last < frame.time.size() && frame.time[last] == frame.time[first]) ++last;
    if (last - first > 1 && options.duplicates == "error") {
      const auto second = static_cast<int64_t>(first) + 1;
      fail_data(
          "data.duplicate_time", frame.where(second),
          frame.label(second) + " appears twice, first in " + frame.row_text(second - 1),
          hint_beside_series(frame, second, "take one out, or say duplicates=first, last or mean"));
    }
    if (options.duplicates == "mean") average_rows(frame, first, last);
    kept.push_back(static_cast<int64_t>(options.duplicates == "last" ? last - 1 : first));
  }
  const size_t gone = frame.time.size() - kept.size();
  if (gone == 0) return;
  frame = gather(std::move(frame), kept);
  frame.notes.push_back(std::to_string(gone) + " rows with a date seen before were merged " +
                        "(duplicates=" + options.duplicates + ")");
}

// "after 1949-05 (row 6) comes 1949-07; …"
std::string name_gaps(const Frame& frame, const FrequencyGuess& guess) {
  std::string text;
  for (size_t i = 0; i < std::min(guess.gaps.size(), places_named); ++i)
    text += (i > 0 ? ", after " : "after ") + at_row(frame, guess.gaps[i].after) + " comes " +
            frame.label(guess.gaps[i].after + 1);
  if (guess.gaps.size() > places_named)
    text += ", and so in " + std::to_string(guess.gaps.size() - places_named) + " more places";
  return text;
}

std::string steps_missing(int64_t count) {
  return count == 1 ? "one step is missing" : std::to_string(count) + " steps are missing";
}

[[noreturn]] void fail_gap(const Frame& frame, const FrequencyGuess& guess) {
  const std::string name = frequency_name(guess.frequency);
  if (guess.trading_days)
    fail_data("data.gap", frame.where(guess.gaps[0].after),
              "the dates are weekdays and " + std::to_string(guess.missing) +
                  " of them are left out, as on an exchange: " + name_gaps(frame, guess),
              "say frequency=none to take every row as one step, or frequency=B with "
              "missing=forward to fill the days left out");
  fail_data("data.gap", frame.where(guess.gaps[0].after),
            "the series is " + describe(guess.frequency) + " (" + name + ") and " +
                steps_missing(guess.missing) + ": " + name_gaps(frame, guess),
            "say missing=linear, forward, seasonal, mean or zero to fill, or frequency=none to "
            "take every row as one step");
}

[[noreturn]] void fail_irregular(const Frame& frame, int64_t row) {
  fail_data("data.irregular", frame.where(row),
            "the dates follow no steady step: from " + frame.label(row - 1) + " to " +
                frame.label(row) + " is not as far as the rows before",
            "say frequency=none to take every row as one step, or name the step to fill up to, "
            "for instance frequency=D missing=linear");
}

// "M" may be said of first or last days, "W" of any weekday: the dates tell which.
Frequency adopt_anchor(Frequency given, Frame& frame) {
  const Frequency seen = guess_frequency(frame.time).frequency;
  const bool same = seen.unit == given.unit && seen.count == given.count;
  if (!same || seen.anchor == given.anchor) return given;
  frame.notes.push_back("frequency " + frequency_name(given) + " is taken as " +
                        frequency_name(seen) + ", where the dates stand");
  return seen;
}

FrequencyGuess find_frequency(Frame& frame, const CleanOptions& options) {
  if (options.frequency.empty()) {
    FrequencyGuess guess = guess_frequency(frame.time);
    if (guess.odd_row >= 0) fail_irregular(frame, guess.odd_row);
    if (!guess.frequency.regular()) return guess;  // one row moves nowhere
    frame.notes.push_back("rows are " + describe(guess.frequency) + " (" +
                          frequency_name(guess.frequency) + ")");
    return guess;
  }
  const Frequency given = adopt_anchor(parse_frequency(options.frequency), frame);
  if (!given.regular()) return {};
  FrequencyGuess guess = check_frequency(given, frame.time);
  if (given.unit == TimeUnit::business_day && weekday(frame.time[0]) > 4) guess.odd_row = 0;
  if (guess.odd_row >= 0)
    fail_data("data.frequency", frame.where(guess.odd_row),
              at_row(frame, guess.odd_row) + " does not follow the rows before it in steps of " +
                  frequency_name(given) + " (" + describe(given) + ")",
              "give the frequency of the file, or frequency=none to take every row as one step");
  return guess;
}

void insert_gaps(Frame& frame, const FrequencyGuess& guess) {
  if (guess.missing > std::max<int64_t>(10 * frame.rows(), 10000))
    fail_data("data.gap", frame.where(guess.gaps[0].after),
              "filling would take " + std::to_string(guess.missing) + " new rows for the " +
                  std::to_string(frame.rows()) + " of the file: " + name_gaps(frame, guess),
              "check these dates");
  std::vector<int64_t> rows;
  size_t gap = 0;
  for (int64_t row = 0; row < frame.rows(); ++row) {
    rows.push_back(row);
    if (gap < guess.gaps.size() && guess.gaps[gap].after == row)
      rows.insert(rows.end(), static_cast<size_t>(guess.gaps[gap++].missing), -1);
  }
  frame = gather(std::move(frame), rows);
  for (size_t i = 1; i < rows.size(); ++i)
    if (rows[i] < 0) frame.time[i] = advance(guess.frequency, frame.time[i - 1], 1);
  frame.notes.push_back(steps_missing(guess.missing) + " in the file and were put in as missing");
}

void settle_frequency(Frame& frame, const CleanOptions& options) {
  if (frame.time.empty()) {
    if (!options.frequency.empty() && parse_frequency(options.frequency).regular())
      fail_config("config.frequency", "frequency",
                  "frequency=" + options.frequency + " needs dates, and " + frame.source +
                      " has no column of them",
                  "leave frequency out, or name the column with time=");
    return;
  }
  const FrequencyGuess guess = find_frequency(frame, options);
  frame.frequency = guess.frequency;
  if (guess.gaps.empty()) return;
  if (options.missing == "error" || (guess.trading_days && options.frequency.empty()))
    fail_gap(frame, guess);
  if (options.missing == "drop")
    frame.notes.push_back(steps_missing(guess.missing) + ", and rows are taken as neighbours");
  else
    insert_gaps(frame, guess);
}

}  // namespace

Frame regularize(Frame frame, const CleanOptions& options) {
  check_policy(options.missing);
  if (!frame.time.empty()) {
    put_in_order(frame, options);
    resolve_duplicates(frame, options);
  }
  settle_frequency(frame, options);
  return leave_out_rows(std::move(frame), options);
}

Frame clean(Frame frame, const CleanOptions& options, int64_t train_rows) {
  return fill_missing(regularize(std::move(frame), options), options, train_rows);
}

}  // namespace sluice

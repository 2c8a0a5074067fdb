#include "sluice/data/csv_time.h"

#include <algorithm>
#include <utility>

#include "sluice/base/error.h"
#include "sluice/data/cell_text.h"
#include "sluice/data/frequency_guess.h"
#include "sluice/data/time_guess.h"

namespace sluice {
namespace {

std::string where(const std::string& source, int64_t line) {
  return source + ":" + std::to_string(line);
}

// Rows equally far apart, whichever way they run.
bool evenly_spaced(std::vector<Timestamp> times) {
  if (times.size() < 3) return false;
  if (times.front() > times.back()) std::reverse(times.begin(), times.end());
  for (size_t i = 1; i < times.size(); ++i)
    if (times[i] <= times[i - 1]) return false;
  const FrequencyGuess guess = guess_frequency(times);
  return guess.frequency.regular() && guess.gaps.empty();
}

}  // namespace

TimeBuilder::TimeBuilder(TimePlan plan, std::string source)
    : plan_(std::move(plan)), source_(std::move(source)), format_(plan_.pattern) {
  if (!plan_.alternative.empty()) alternative_ = TimeFormat(plan_.alternative);
}

std::string_view TimeBuilder::joined(std::span<const std::string_view> cells, int64_t line) {
  for (const size_t column : plan_.columns)
    if (cells[column].empty())
      fail_data("data.time_missing", where(source_, line),
                "the row has no value in the time column \"" + plan_.name + "\"",
                "write its date, or take the row out");
  if (plan_.columns.size() == 1) return cells[plan_.columns[0]];
  buffer_.clear();
  for (const size_t column : plan_.columns) {
    if (!buffer_.empty()) buffer_ += ' ';
    buffer_ += cells[column];
  }
  return buffer_;
}

void TimeBuilder::fail_mixed(std::string_view cell, int64_t line) const {
  fail_data(times_.empty() ? "data.time" : "data.mixed_time", where(source_, line),
            "column \"" + plan_.name + "\": " + quote_cell(cell) + " is no date written as " +
                plan_.pattern + (times_.empty() ? "" : ", the format of the rows before it"),
            "write every date the same way, or say which format it is with time_format=");
}

void TimeBuilder::add(std::span<const std::string_view> cells, int64_t line) {
  const std::string_view cell = joined(cells, line);
  auto parsed = format_.parse(cell);
  if (!plan_.alternative.empty()) {
    const auto other = alternative_.parse(cell);
    if (!parsed && !other) fail_mixed(cell, line);
    if (!parsed) {  // this row is only right the other way, and so were all before it
      times_ = std::move(alternative_times_);
      format_ = alternative_;
      plan_.pattern = plan_.alternative;
      parsed = other;
    }
    if (parsed && other && format_.pattern() != alternative_.pattern())
      alternative_times_.push_back(other->time);
    else
      plan_.alternative.clear();
  }
  if (!parsed) fail_mixed(cell, line);
  if (parsed->fraction)
    fail_data("data.time_fraction", where(source_, line),
              "column \"" + plan_.name + "\": " + quote_cell(cell) +
                  " is finer than a second, and times are kept in whole seconds",
              "say time=none to count the rows instead");
  remember_spelling(cell);
  times_.push_back(parsed->time);
  if (format_.has('z')) zones_.push_back(parsed->zone_seconds);
}

// Leading zeros may only show late in a file: cells of different lengths tell.
void TimeBuilder::remember_spelling(std::string_view cell) {
  constexpr size_t enough = 8;
  if (spellings_.size() >= enough) return;
  for (const std::string& seen : spellings_)
    if (seen.size() == cell.size()) return;
  spellings_.emplace_back(cell);
}

void TimeBuilder::settle_alternative(Frame& frame) {
  if (plan_.alternative.empty() || times_ == alternative_times_) return;
  const bool first = evenly_spaced(times_), second = evenly_spaced(alternative_times_);
  if (first == second) {
    const TimeFormat plain("%Y-%m-%d"), style(in_style_of(plan_.pattern, spellings_));
    // 01/01/2020 is the same day either way: the first date that is not is shown.
    const auto [here, there] = std::ranges::mismatch(times_, alternative_times_);
    fail_data(
        "data.ambiguous_time", source_,
        "column \"" + plan_.name + "\": \"" + style.format(*here) + "\" may be " +
            plain.format(*here) + " or " + plain.format(*there) + ", and no row tells which",
        "say time_format=\"" + plan_.pattern + "\" or time_format=\"" + plan_.alternative + "\"");
  }
  if (second) {
    times_ = std::move(alternative_times_);
    plan_.pattern = plan_.alternative;
  }
  frame.notes.push_back("dates are read as " + plan_.pattern +
                        ", the only way in which the rows are evenly spaced");
}

// One zone: the clock of the file stays. Several: everything becomes UTC.
void TimeBuilder::settle_zones(Frame& frame) {
  if (zones_.empty()) return;
  const bool one = std::all_of(zones_.begin(), zones_.end(),
                               [&](int32_t zone) { return zone == zones_.front(); });
  if (one) {
    frame.zone_seconds = zones_.front();
    return;
  }
  for (size_t i = 0; i < times_.size(); ++i) times_[i] -= zones_[i];
  frame.notes.push_back("the times name several zones: all are taken to UTC");
}

// "1. März 2020" is continued by "1. Apr 2020".
void TimeBuilder::note_months(Frame& frame) const {
  const std::string& first = spellings_.front();
  const auto parsed = TimeFormat(frame.time_pattern).parse(first);
  const std::string written = parsed ? frame.format(parsed->time) : first;
  if (plan_.output.empty() && written != first)
    frame.notes.push_back("months are written in English: \"" + first + "\" as \"" + written +
                          "\"");
}

void TimeBuilder::finish(Frame& frame) {
  settle_alternative(frame);
  settle_zones(frame);
  frame.time = std::move(times_);
  frame.time_name = plan_.name;
  frame.time_pattern = plan_.output.empty() ? in_style_of(plan_.pattern, spellings_) : plan_.output;
  frame.notes.push_back("times are read from \"" + plan_.name + "\" as " + plan_.pattern);
  if (format_.has('b') || format_.has('B')) note_months(frame);
  if (format_.has('y')) frame.notes.push_back("two-digit years mean 1969 to 2068");
}

}  // namespace sluice

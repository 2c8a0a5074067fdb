#include "sluice/data/aggregate.h"

#include <algorithm>
#include <utility>

#include "sluice/base/error.h"

namespace sluice {
namespace {

// Seconds of one step of a day or of what divides it.
int64_t step_seconds(const std::string& name) {
  const Frequency frequency = parse_frequency(name);
  const int64_t seconds = frequency.unit == TimeUnit::second   ? 1
                          : frequency.unit == TimeUnit::minute ? 60
                          : frequency.unit == TimeUnit::hour   ? 3600
                          : frequency.unit == TimeUnit::day    ? 86400
                                                               : 0;
  const int64_t step = seconds * frequency.count;
  if (step == 0 || 86400 % step != 0)
    fail_config("config.frequency", "frequency",
                "rows cannot be brought together in steps of \"" + name + "\"",
                "write D, h or a number of minutes that divides a day, as 15min");
  return step;
}

int64_t step_begin(Timestamp time, int64_t step) {
  const int64_t within = time % step;
  return time - (within < 0 ? within + step : within);
}

// The first row of every step, and the number of rows behind the last.
std::vector<int64_t> borders(const Frame& frame, int64_t step) {
  std::vector<int64_t> rows;
  for (size_t row = 0; row < frame.time.size(); ++row) {
    if (row > 0 && frame.time[row] < frame.time[row - 1])
      fail_data("data.unsorted", frame.where(static_cast<int64_t>(row)),
                "the row is earlier than the one before it", "put the rows in order with clean()");
    if (row == 0 || step_begin(frame.time[row], step) != step_begin(frame.time[row - 1], step))
      rows.push_back(static_cast<int64_t>(row));
  }
  rows.push_back(frame.rows());
  return rows;
}

}  // namespace

Frame aggregate(const Frame& frame, const std::string& frequency, const std::string& how) {
  if (how != "sum" && how != "mean")
    fail_config("config.aggregate", "how", "rows are not brought together by \"" + how + "\"",
                "write sum or mean");
  if (frame.time.empty())
    fail_data("data.no_time", frame.source, "its rows have no times to bring them together by",
              "name the columns of the time");
  const int64_t step = step_seconds(frequency);
  const std::vector<int64_t> border = borders(frame, step);
  Frame result = gather(frame, std::span(border).first(border.size() - 1));
  for (Timestamp& time : result.time) time = step_begin(time, step);
  result.frequency = parse_frequency(frequency);
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

}  // namespace sluice

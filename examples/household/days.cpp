#include "examples/household/days.h"

#include <sys/resource.h>

#include <cstdio>

#include "examples/support/job.h"
#include "sluice/data/aggregate.h"
#include "sluice/data/clean.h"
#include "sluice/data/columns.h"
#include "sluice/data/csv.h"
#include "sluice/io/atomic_file.h"

namespace sluice {
namespace {

constexpr int minutes_a_day = 1440, seconds_a_day = 86400;

Frame to_days(Frame minutes) {
  CleanOptions options;
  options.missing = "seasonal";
  options.season = minutes_a_day;
  minutes = add_column(clean(std::move(minutes), options), "sub_metering_4",
                       {{"Global_active_power", 1000.0 / 60},
                        {"Sub_metering_1", -1},
                        {"Sub_metering_2", -1},
                        {"Sub_metering_3", -1}});
  return aggregate(minutes, "D");
}

void write_days(const Frame& days, const std::string& path) {
  std::string text = "datetime";
  for (const Column& column : days.columns) text += "," + column.name;
  for (int64_t row = 0; row < days.rows(); ++row) {
    const CivilTime day = civil_time(days.time[static_cast<size_t>(row)]);
    char cell[40];
    std::snprintf(cell, sizeof cell, "\n%04d-%02d-%02d", int(day.year), int(day.month),
                  int(day.day));
    text += cell;
    for (const Column& column : days.columns) {
      std::snprintf(cell, sizeof cell, ",%.10g", column.values[static_cast<size_t>(row)]);
      text += cell;
    }
  }
  write_text_file(path, text + "\n");
}

double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

}  // namespace

Frame read_days(const std::string& path, const std::string& folder) {
  const double start = job::now();
  Frame frame = read_csv(path);
  if (frame.time.size() < 2 || frame.time[1] - frame.time[0] >= seconds_a_day) return frame;
  const int64_t minutes = frame.rows();
  const double read = job::now();
  Frame days = to_days(std::move(frame));
  std::printf("%lld minutes read in %.2f s, cleaned and summed to %lld days in %.2f s, %.0f MB\n",
              static_cast<long long>(minutes), read - start, static_cast<long long>(days.rows()),
              job::now() - read, peak_megabytes());
  write_days(days, folder + "/days.csv");
  return days;
}

}  // namespace sluice

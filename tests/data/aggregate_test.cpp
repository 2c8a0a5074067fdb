// Rows brought together by hour and day, from a file of minutes as the household power data have
// them.
#include "sluice/data/aggregate.h"

#include <cmath>

#include "sluice/data/clean.h"
#include "sluice/data/time_format.h"
#include "support.h"

namespace sluice {
namespace {

constexpr int minutes_a_day = 1440, days = 4, first_minute = 17 * 60 + 24;

// Of minute i since 16/12/2006 17:24; a third of the third day is missing.
double power(int i) { return 1 + 0.001 * (i % 997); }
bool missing(int i) { return i >= 2 * minutes_a_day && i < 2 * minutes_a_day + 480; }

std::string minute_file() {
  std::string text = "Date;Time;Global_active_power;Sub_metering_1\n";
  for (int i = 0; i < days * minutes_a_day; ++i) {
    const int minute = first_minute + i;
    char line[80];
    std::snprintf(line, sizeof line, "%d/12/2006;%02d:%02d:00;", 16 + minute / minutes_a_day,
                  minute / 60 % 24, minute % 60);
    text += line;
    std::snprintf(line, sizeof line, "%.3f;%d.000\n", power(i), i % 3);
    text += missing(i) ? "?;\n" : line;
  }
  return text;
}

Frame cleaned() {
  CleanOptions options;
  options.missing = "seasonal";
  options.season = minutes_a_day;
  return clean(read_csv_text(minute_file(), "power.txt"), options);
}

TEST(MinuteFile, MissingMinutesAreThoseOfTheDayBefore) {
  const Frame frame = cleaned();
  ASSERT_EQ(frame.rows(), days * minutes_a_day);
  EXPECT_EQ(frequency_name(frame.frequency), "min");
  const auto values = frame.numbers("Global_active_power", "target");
  for (int i = 0; i < days * minutes_a_day; ++i)
    ASSERT_EQ(values[static_cast<size_t>(i)],
              std::stod(std::to_string(power(missing(i) ? i - minutes_a_day : i))))
        << i;
}

TEST(Aggregate, SumsDays) {
  const Frame frame = aggregate(cleaned(), "D");
  ASSERT_EQ(frame.rows(), days + 1);  // the first and the last are partial
  EXPECT_EQ(frame.time[0], timestamp({.year = 2006, .month = 12, .day = 16}));
  EXPECT_EQ(frame.time[4], timestamp({.year = 2006, .month = 12, .day = 20}));
  EXPECT_EQ(frequency_name(frame.frequency), "D");
  EXPECT_EQ(frame.row_numbers[1], 2 + minutes_a_day - first_minute);
  double first = 0, second = 0;
  for (int i = 0; i < minutes_a_day - first_minute; ++i) first += power(i);
  for (int i = 0; i < minutes_a_day; ++i) second += power(minutes_a_day - first_minute + i);
  EXPECT_NEAR(frame.columns[0].values[0], first, 1e-9);
  EXPECT_NEAR(frame.columns[0].values[1], second, 1e-9);
}

TEST(Aggregate, MeansHoursAndKeepsWhatIsMissing) {
  const Frame frame = read_csv_text(
      "time,a,b\n1969-12-31 22:00,1,1\n1969-12-31 22:30,3,1\n1970-01-01 00:15,?,1\n"
      "1970-01-01 00:45,4,2\n",
      "hours.csv");
  const Frame hours = aggregate(frame, "h", "mean");
  ASSERT_EQ(hours.rows(), 2);  // no row for an hour without rows
  EXPECT_EQ(hours.time[0], -7200);
  EXPECT_EQ(hours.columns[0].values[0], 2);
  EXPECT_TRUE(std::isnan(hours.columns[0].values[1]));
  EXPECT_EQ(hours.columns[1].values[1], 1.5);
}

TEST(Aggregate, BringsDaysTogetherByWeekMonthQuarterAndYear) {
  std::string text = "day,a\n";
  Timestamp time = timestamp({.year = 2019, .month = 12, .day = 30});  // a Monday
  for (int i = 0; i < 64; ++i, time += 86400) text += format_time(time, "%Y-%m-%d") + ",1\n";
  const Frame frame = read_csv_text(text, "days.csv");  // to Monday 2 March 2020
  struct Case {
    const char *steps, *first;
    std::vector<double> sums;
  };
  for (const Case& row : {Case{"W-MON", "2019-12-30", {7, 7, 7, 7, 7, 7, 7, 7, 7, 1}},
                          Case{"W", "2019-12-29", {6, 7, 7, 7, 7, 7, 7, 7, 7, 2}},
                          Case{"MS", "2019-12-01", {2, 31, 29, 2}},
                          Case{"QS", "2019-10-01", {2, 62}}, Case{"YS", "2019-01-01", {2, 62}}}) {
    const Frame steps = aggregate(frame, row.steps);
    EXPECT_EQ(steps.columns[0].values, row.sums) << row.steps;
    EXPECT_EQ(steps.label(0), row.first) << row.steps;
  }
}

TEST(WholeSteps, LeavesOutWhatTheFileHasInPart) {
  const Frame days_in_whole = aggregate(whole_steps(cleaned(), "D"), "D");
  ASSERT_EQ(days_in_whole.rows(), days - 1);
  EXPECT_EQ(days_in_whole.label(0), "2006-12-17");
  EXPECT_EQ(days_in_whole.columns[0].values, [] {
    const Frame all = aggregate(cleaned(), "D");
    return std::vector<double>(all.columns[0].values.begin() + 1, all.columns[0].values.end() - 1);
  }());
  const Frame kept = whole_steps(cleaned(), "D");
  EXPECT_NE(kept.notes.back().find("left out, as parts of a step of D"), std::string::npos);
  // Business days: January 2000 begins on a Monday, the 3rd, and is whole.
  std::string text = "day,a\n";
  for (Timestamp time = timestamp({.year = 2000, .month = 1, .day = 3});
       time < timestamp({.year = 2000, .month = 3, .day = 10}); time += 86400)
    if (weekday(time) < 5) text += format_time(time, "%Y-%m-%d") + ",1\n";
  CleanOptions options;
  options.frequency = "B";
  const Frame business = clean(read_csv_text(text, "business.csv"), options);
  EXPECT_EQ(aggregate(whole_steps(business, "MS"), "MS").columns[0].values,
            (std::vector<double>{21, 21}));
  // Nothing more goes the second time, and rows of no steady distance all stay.
  EXPECT_EQ(whole_steps(kept, "D").rows(), kept.rows());
  Frame irregular = cleaned();
  irregular.frequency = {};
  EXPECT_EQ(whole_steps(irregular, "D").rows(), cleaned().rows());
  EXPECT_EQ(error_of([] { whole_steps(cleaned(), "MS"); }).id, "data.too_short");
}

TEST(Aggregate, SaysWhatIsWrong) {
  const Frame rows = read_csv_text("a\n1\n2\n", "rows.csv");
  EXPECT_EQ(error_of([&] { aggregate(rows, "D"); }).id, "data.no_time");
  Frame frame = read_csv_text("time,a\n2020-01-01 00:00,1\n2020-01-01 01:00,3\n", "two.csv");
  for (const char* steps : {"ME", "2MS", "2D", "B", "none"})
    EXPECT_EQ(error_of([&] { aggregate(frame, steps); }).id, "config.frequency") << steps;
  EXPECT_EQ(error_of([&] { aggregate(frame, "7h"); }).id, "config.frequency");
  EXPECT_EQ(error_of([&] { aggregate(frame, "D", "median"); }).id, "config.aggregate");
  std::swap(frame.time[0], frame.time[1]);
  EXPECT_EQ(error_of([&] { aggregate(frame, "D"); }).id, "data.unsorted");
}

}  // namespace
}  // namespace sluice

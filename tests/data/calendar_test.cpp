// Steps through time, their names, and what the calendar knows of a date.
#include "sluice/data/calendar.h"

#include <array>
#include <cmath>

#include "sluice/data/calendar_feature.h"
#include "sluice/data/frequency_guess.h"
#include "sluice/data/time_format.h"
#include "support.h"

namespace sluice {
namespace {

Timestamp at(const std::string& text) { return parse_iso_time(text, "test"); }

struct Named {
  const char* given;
  const char* name;
  int season;
  const char* words;
};

TEST(Frequency, NamesOfYesterdayAndToday) {
  for (const Named& row : {Named{"D", "D", 7, "daily"},
                           {"B", "B", 5, "every business day"},
                           {"W", "W-SUN", 52, "weekly"},
                           {"W-MON", "W-MON", 52, "weekly"},
                           {"2W-FRI", "2W-FRI", 26, "every 2 weeks"},
                           {"MS", "MS", 12, "monthly"},
                           {"M", "ME", 12, "monthly"},
                           {"ME", "ME", 12, "monthly"},
                           {"MS-15", "MS-15", 12, "monthly"},
                           {"QS", "QS", 4, "quarterly"},
                           {"Q-DEC", "QE", 4, "quarterly"},
                           {"A", "YE", 1, "yearly"},
                           {"YS", "YS", 1, "yearly"},
                           {"H", "h", 24, "hourly"},
                           {"6h", "6h", 4, "every 6 hours"},
                           {"15T", "15min", 96, "every 15 minutes"},
                           {"15min", "15min", 96, "every 15 minutes"},
                           {"S", "s", 3600, "every second"},
                           {"none", "none", 1, "irregular"}}) {
    const Frequency frequency = parse_frequency(row.given);
    EXPECT_EQ(frequency_name(frequency), row.name);
    EXPECT_EQ(default_season(frequency), row.season) << row.given;
    EXPECT_EQ(describe(frequency), row.words);
    EXPECT_EQ(parse_frequency(frequency_name(frequency)), frequency) << row.given;
  }
  for (const char* wrong : {"", "X", "0D", "W-FOO", "15", "MM", "2none", "MS-32"}) {
    const Error error = error_of([&] { parse_frequency(wrong); });
    EXPECT_EQ(error.id, "config.frequency") << wrong;
    EXPECT_NE(error.message.find(wrong), std::string::npos);
  }
}

TEST(Frequency, MonthsKeepTheirDay) {
  const Frequency ends = parse_frequency("ME");
  EXPECT_EQ(advance(ends, at("2020-01-31"), 1), at("2020-02-29"));
  EXPECT_EQ(advance(ends, at("2020-02-29"), 1), at("2020-03-31"));
  EXPECT_EQ(advance(ends, at("2020-02-29"), 12), at("2021-02-28"));
  EXPECT_EQ(advance(ends, at("2020-03-31"), -1), at("2020-02-29"));
  const Frequency thirtieth = parse_frequency("MS-30");
  EXPECT_EQ(advance(thirtieth, at("2021-02-28"), 1), at("2021-03-30"));
  EXPECT_EQ(advance(parse_frequency("QS"), at("2020-10-01"), 1), at("2021-01-01"));
  EXPECT_EQ(advance(parse_frequency("YS"), at("2020-01-01"), 3), at("2023-01-01"));
  EXPECT_EQ(advance(parse_frequency("MS"), at("1749-01-01"), 12 * 300), at("2049-01-01"));
}

TEST(Frequency, BusinessDaysPassOverWeekends) {
  const Frequency business = parse_frequency("B");
  EXPECT_EQ(advance(business, at("2024-05-31"), 1), at("2024-06-03"));  // Friday to Monday
  EXPECT_EQ(advance(business, at("2024-06-03"), -1), at("2024-05-31"));
  EXPECT_EQ(advance(business, at("2024-05-31"), 10), at("2024-06-14"));
  EXPECT_EQ(steps_between(business, at("2024-05-31"), at("2024-06-14")), 10);
  EXPECT_EQ(steps_between(business, at("2024-05-31"), at("2024-06-01")), -1);
  EXPECT_EQ(advance(business, at("1969-12-31"), 2), at("1970-01-02"));
}

TEST(Frequency, StepsAndTheWayBackAgree) {
  for (const char* name :
       {"s", "15min", "h", "D", "B", "W-MON", "MS", "ME", "QE", "YS", "3D", "2MS"}) {
    const Frequency frequency = parse_frequency(name);
    const Timestamp start = name == std::string("ME") || name == std::string("QE")
                                ? at("1999-12-31")
                                : at("2001-01-01");
    for (const int64_t steps : {0, 1, 2, 11, 100, 999})
      EXPECT_EQ(steps_between(frequency, start, advance(frequency, start, steps)), steps) << name;
    EXPECT_EQ(steps_between(frequency, start, start + 1) >= 0, name == std::string("s")) << name;
  }
}

std::vector<Timestamp> run(const std::string& name, const std::string& first, int count) {
  std::vector<Timestamp> times = {at(first)};
  for (const Timestamp time : future_times(parse_frequency(name), times[0], count - 1))
    times.push_back(time);
  return times;
}

TEST(FrequencyGuess, FindsEveryFrequencyItCanWrite) {
  for (const auto& [name, first] : {std::pair{"s", "2020-01-01"},
                                    {"10s", "2020-01-01"},
                                    {"min", "2020-01-01"},
                                    {"15min", "2020-01-01"},
                                    {"h", "2020-01-01"},
                                    {"6h", "2020-01-01"},
                                    {"D", "2020-01-01"},
                                    {"B", "2020-01-01"},
                                    {"W-WED", "2020-01-01"},
                                    {"2W-WED", "2020-01-01"},
                                    {"MS", "2020-01-01"},
                                    {"ME", "2019-12-31"},
                                    {"MS-15", "2020-01-15"},
                                    {"MS-30", "2020-01-30"},
                                    {"QS", "2020-02-01"},
                                    {"QE", "2020-03-31"},
                                    {"2QS", "2020-01-01"},
                                    {"YS", "2020-01-01"},
                                    {"YE", "2020-12-31"}}) {
    const FrequencyGuess guess = guess_frequency(run(name, first, 40));
    EXPECT_EQ(frequency_name(guess.frequency), name);
    EXPECT_TRUE(guess.gaps.empty()) << name;
  }
}

TEST(FrequencyGuess, NamesGaps) {
  for (const char* name : {"h", "D", "MS", "ME", "W-WED"}) {
    std::vector<Timestamp> times =
        run(name, name == std::string("ME") ? "2019-12-31" : "2020-01-01", 40);
    times.erase(times.begin() + 20, times.begin() + 23);
    times.erase(times.begin() + 7);
    const FrequencyGuess guess = guess_frequency(times);
    EXPECT_EQ(frequency_name(guess.frequency), name);
    ASSERT_EQ(guess.gaps.size(), 2u) << name;
    EXPECT_EQ(guess.gaps[0].after, 6);
    EXPECT_EQ(guess.gaps[0].missing, 1);
    EXPECT_EQ(guess.gaps[1].after, 18);
    EXPECT_EQ(guess.gaps[1].missing, 3);
    EXPECT_EQ(guess.missing, 4);
  }
}

TEST(FrequencyGuess, WeekdaysWithHolidaysAreTradingDays) {
  std::vector<Timestamp> times = run("B", "2020-01-01", 60);
  times.erase(times.begin() + 30);
  const FrequencyGuess guess = guess_frequency(times);
  EXPECT_TRUE(guess.trading_days);
  EXPECT_EQ(guess.missing, 1);
}

TEST(FrequencyGuess, OddTimesFollowNothing) {
  const FrequencyGuess guess = guess_frequency(std::vector<Timestamp>{0, 10, 25, 31, 58, 60});
  EXPECT_FALSE(guess.frequency.regular());
  EXPECT_EQ(guess.odd_row, 2);
}

TEST(CalendarFeature, OneHotAndHarmonics) {
  const std::array features = {parse_calendar_feature("month"), parse_calendar_feature("weekday"),
                               parse_calendar_feature("hour:1"),
                               parse_calendar_feature("day_of_year")};
  ASSERT_EQ(calendar_width(features), 12 + 7 + 2 + 4);
  std::vector<double> out(25, -1);
  fill_calendar(features, at("2024-07-02 06:00"), out);  // a Tuesday, day 184 of 366
  for (int i = 0; i < 12; ++i) EXPECT_EQ(out[i], i == 6 ? 1 : 0);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(out[12 + i], i == 1 ? 1 : 0);
  EXPECT_NEAR(out[19], 1, 1e-12);
  EXPECT_NEAR(out[20], 0, 1e-12);
  const double turn = 2 * 3.14159265358979323846 * 183.25 / 366;
  EXPECT_NEAR(out[21], std::sin(turn), 1e-12);
  EXPECT_NEAR(out[22], std::cos(turn), 1e-12);
  EXPECT_NEAR(out[23], std::sin(2 * turn), 1e-12);
  EXPECT_NEAR(out[24], std::cos(2 * turn), 1e-12);
  const std::vector<std::string> names = calendar_names(features);
  ASSERT_EQ(names.size(), 25u);
  EXPECT_EQ(names[0], "month=1");
  EXPECT_EQ(names[12], "weekday=0");
  EXPECT_EQ(names[19], "sin1(hour)");
  EXPECT_EQ(names[24], "cos2(day_of_year)");
  for (const char* wrong : {"moon", "month:", "month:0", "month:x", "day_of_year:one_hot", ""})
    EXPECT_EQ(error_of([&] { parse_calendar_feature(wrong); }).id, "config.calendar") << wrong;
}

TEST(Calendar, CivilTimeAndBack) {
  EXPECT_EQ(weekday(0), 3);  // Thursday
  EXPECT_EQ(weekday(-86400), 2);
  EXPECT_EQ(weekday(at("2000-02-29")), 1);
  for (Timestamp time = -9000000000; time < 9000000000; time += 12345678)
    ASSERT_EQ(timestamp(civil_time(time)), time);
}

}  // namespace
}  // namespace sluice

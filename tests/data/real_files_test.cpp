// Real files, read without a word about how they are written.
#include <cmath>

#include "sluice/data/clean.h"
#include "sluice/data/split.h"
#include "sluice/data/time_format.h"
#include "sluice/data/transform.h"
#include "sluice/data/window.h"
#include "support.h"

namespace sluice {
namespace {

WindowSource source_of(const Frame& frame, const std::string& target) {
  WindowSource source;
  source.target.values = frame.numbers(target, "target");
  source.time = frame.time;
  source.frequency = frame.frequency;
  source.name = frame.source;
  return source;
}

void expect_times(const Frame& frame, const std::string& frequency, const std::string& first,
                  const std::string& last, const std::string& next) {
  EXPECT_EQ(frequency_name(frame.frequency), frequency);
  EXPECT_EQ(frame.label(0), first);
  EXPECT_EQ(frame.label(frame.rows() - 1), last);
  EXPECT_EQ(frame.format(future_times(frame.frequency, frame.time.back(), 1).at(0)), next);
}

double root_mean_square(const std::vector<double>& errors) {
  double sum = 0;
  for (const double error : errors) sum += error * error;
  return std::sqrt(sum / static_cast<double>(errors.size()));
}

TEST(RealFiles, AirlinePassengers) {
  const Frame frame = clean(read_csv(bundled("airline-passengers.csv")), {});
  ASSERT_EQ(frame.rows(), 144);
  EXPECT_EQ(choose_target(frame, ""), "Passengers");
  expect_times(frame, "MS", "1949-01", "1960-12", "1961-01");
  EXPECT_EQ(default_season(frame.frequency), 12);
}

TEST(RealFiles, FlightsAreTheSameSeries) {
  const Frame months = clean(read_csv(bundled("airline-passengers.csv")), {});
  const Frame flights = clean(read_csv(bundled("flights.csv")), {});
  EXPECT_EQ(flights.time, months.time);
  EXPECT_EQ(flights.columns[0].values, months.columns[0].values);
  EXPECT_EQ(flights.time_name, "year;month");
}

// One step ahead, train 96 of 144, windows wholly in the test part, its last month left out.
TEST(RealFiles, AirlineFloorsComeOutOfTheWindows) {
  const Frame frame = clean(read_csv(bundled("airline-passengers.csv")), {});
  const Split split = split_rows(frame, {"0.67", "", ""});
  WindowOptions options;
  options.lookback = 1;
  options.dtype = DType::f64;
  options.input_begin = options.target_begin = split.train_end;
  options.target_end = 143;
  const WindowSet test = make_windows(source_of(frame, "Passengers"), options);
  ASSERT_EQ(test.size(), 46);
  const std::span<const double> y = frame.numbers("Passengers", "target");
  std::vector<double> persistence, lag12, ratio;
  for (int64_t i = 0; i < test.size(); ++i) {
    const int64_t t = test.origin[i] + 1;
    ASSERT_EQ(test.y.item(i), y[t]);
    persistence.push_back(test.x.item(i) - y[t]);
    lag12.push_back(y[t - 12] - y[t]);
    ratio.push_back(y[t - 1] * y[t - 12] / y[t - 13] - y[t]);
  }
  EXPECT_NEAR(root_mean_square(persistence), 48.66, 0.005);
  EXPECT_NEAR(root_mean_square(lag12), 42.32, 0.005);
  EXPECT_NEAR(root_mean_square(ratio), 15.94, 0.005);
  options = {};
  options.lookback = 3;
  options.lookback_as_features = options.whole_series = true;
  EXPECT_EQ(make_windows(source_of(frame, "Passengers"), options).x.shape(), (Shape{1, 141, 3}));
}

TEST(RealFiles, HouseholdDays) {
  const Frame frame = clean(read_csv(bundled("household-power-days.csv")), {});
  ASSERT_EQ(frame.rows(), 1442);
  EXPECT_EQ(frame.numeric_names().size(), 8u);
  expect_times(frame, "D", "2006-12-16", "2010-11-26", "2010-11-27");
  EXPECT_EQ(weekday(frame.time[1]), 6);  // standard weeks begin on Sunday, 2006-12-17
  WindowOptions options;
  options.horizon = 7;
  options.input_begin = 1;
  options.target_end = 1442 - 328 - 1;  // the notebook drops its last window
  for (const auto& [lookback, windows] : {std::pair{7, 1099}, {14, 1092}}) {
    options.lookback = lookback;
    EXPECT_EQ(make_windows(source_of(frame, "Global_active_power"), options).size(), windows);
  }
  const Error error = error_of([&] { choose_target(frame, ""); });
  EXPECT_EQ(error.id, "config.target");
  EXPECT_NE(error.message.find("8 columns hold numbers: Global_active_power, "), std::string::npos);
}

TEST(RealFiles, HouseholdHours) {
  const std::string path = beside("household_power/household_power_consumption_hours.csv.gz");
  SKIP_WITHOUT(path);
  const Frame frame = clean(read_csv(path), {});
  ASSERT_EQ(frame.rows(), 34536);
  expect_times(frame, "h", "2006-12-18 00:00:00", "2010-11-25 23:00:00", "2010-11-26 00:00:00");
}

TEST(RealFiles, Csi300IsNewestFirstAndHasHolidays) {
  const std::string path = beside("csi300/sh300.csv");
  SKIP_WITHOUT(path);
  const Frame raw = read_csv(path);
  ASSERT_EQ(raw.rows(), 2580);
  const Error error = error_of([&] { clean(raw, {}); });
  EXPECT_EQ(error.id, "data.gap");
  EXPECT_NE(error.message.find("as on an exchange: after 2010-02-12 (row 2553)"), std::string::npos)
      << error.message;
  EXPECT_NE(error.hint.find("frequency=none"), std::string::npos);
  CleanOptions options;
  options.frequency = "none";
  const Frame frame = clean(raw, options);
  EXPECT_EQ(frame.label(0), "2010-01-05");
  EXPECT_EQ(frame.row_numbers.front(), 2581);
  options.frequency = "B";
  options.missing = "forward";
  const Frame filled = clean(raw, options);
  EXPECT_EQ(filled.rows(), 2580 + 189);
  EXPECT_EQ(frequency_name(filled.frequency), "B");
}

// The survey's 30-day windows: in the file's own order, from 2020-06-24 backwards.
TEST(RealFiles, Csi300WindowsInFileOrder) {
  const std::string path = beside("csi300/sh300.csv");
  SKIP_WITHOUT(path);
  const Frame raw = read_csv(path);
  const Frame frame = slice(raw, 35, raw.rows());
  WindowOptions options;
  options.lookback = 30;
  options.target_end = 2046;
  options.dtype = DType::f64;
  const WindowSet set = make_windows(source_of(frame, "high"), options);
  ASSERT_EQ(set.size(), 2016);
  EXPECT_NEAR(set.x.item(0), 4144.68, 0.005);
  EXPECT_NEAR(set.x.item(29), 3952.20, 0.005);
  EXPECT_NEAR(set.y.item(0), 3972.53, 0.005);
  EXPECT_NEAR(set.y.item(4), 3941.48, 0.005);
  EXPECT_NEAR(set.y.item(58), 4077.45, 0.005);
  EXPECT_NEAR(set.y.item(59), 4001.56, 0.005);
}

TEST(RealFiles, Ett) {
  const std::string path = beside("ett/ETTh1.csv");
  SKIP_WITHOUT(path);
  const Frame hours = clean(read_csv(path), {});
  EXPECT_EQ(hours.rows(), 17420);
  expect_times(hours, "h", "2016-07-01 00:00:00", "2018-06-26 19:00:00", "2018-06-26 20:00:00");
  const Frame quarters = clean(read_csv(beside("ett/ETTm1.csv.gz")), {});
  EXPECT_EQ(quarters.rows(), 69680);
  EXPECT_EQ(frequency_name(quarters.frequency), "15min");
  EXPECT_EQ(default_season(quarters.frequency), 96);
}

TEST(RealFiles, MelbourneMissesTwoDays) {
  const std::string path = beside("melbourne_temp/daily-min-temperatures.csv");
  SKIP_WITHOUT(path);
  const Frame raw = read_csv(path);
  EXPECT_EQ(std::string(error_of([&] { clean(raw, {}); }).message),
            "the series is daily (D) and 2 steps are missing: after 1984-12-30 (row 1461) comes "
            "1985-01-01, after 1988-12-30 (row 2921) comes 1989-01-01");
  CleanOptions options;
  options.missing = "linear";
  EXPECT_EQ(clean(raw, options).rows(), 3652);
}

TEST(RealFiles, Sunspots) {
  const std::string path = beside("sunspots/monthly-sunspots.csv");
  SKIP_WITHOUT(path);
  const Frame frame = clean(read_csv(path), {});
  ASSERT_EQ(frame.rows(), 2820);
  expect_times(frame, "MS", "1749-01", "1983-12", "1984-01");
}

TEST(RealFiles, Travel) {
  const std::string path = beside("travel_covid/date-num-COVID-diff.csv");
  SKIP_WITHOUT(path);
  const Frame frame = clean(read_csv(path), {});
  ASSERT_EQ(frame.rows(), 184);
  // fit_on=all, as the notebook does it: min-max over every row, 5 lags of 3 columns, 179 windows.
  std::vector<std::vector<double>> scaled;
  for (const char* name : {"Num", "ConfirmedCount", "DateType"}) {
    TransformChain chain({"minmax"}, {});
    chain.fit(frame.numbers(name, "past"));
    scaled.push_back(chain.apply(frame.numbers(name, "past")));
  }
  WindowSource source = source_of(frame, "Num");
  source.target.values = scaled[0];
  source.past = {{scaled[1], false}, {scaled[2], false}};
  WindowOptions options;
  options.lookback = 5;
  const WindowSet set = make_windows(source, options);
  EXPECT_EQ(set.x.shape(), (Shape{179, 5, 3}));
  EXPECT_EQ(frame.label(set.origin[179 - 31] + 1), "2020-06-16");
}

TEST(RealFiles, ExchangeRateHasNumbersForNames) {
  const std::string path = beside("ltsf/exchange_rate.csv");
  SKIP_WITHOUT(path);
  const Frame frame = clean(read_csv(path), {});
  ASSERT_EQ(frame.rows(), 7588);
  EXPECT_EQ(frame.numeric_names(),
            (std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "OT"}));
  expect_times(frame, "D", "1990/1/1 0:00", "2010/10/10 0:00", "2010/10/11 0:00");
}

TEST(RealFiles, Illness) {
  const std::string path = beside("ltsf/national_illness.csv");
  SKIP_WITHOUT(path);
  const Frame frame = clean(read_csv(path), {});
  EXPECT_EQ(frequency_name(frame.frequency), "W-TUE");
  EXPECT_EQ(frame.rows(), 966);
}

}  // namespace
}  // namespace sluice

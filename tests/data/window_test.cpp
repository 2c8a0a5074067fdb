// Windows against the rows they were cut from, in every layout.
#include "sluice/data/window.h"

#include <cmath>
#include <numeric>

#include "sluice/data/time_format.h"
#include "support.h"

namespace sluice {
namespace {

// y = 0, 1, 2 …, p = 100, 101 …: every number tells its row.
struct Rows {
  explicit Rows(int64_t count) : y(count), p(count), time(count) {
    std::iota(y.begin(), y.end(), 0);
    std::iota(p.begin(), p.end(), 100);
    for (int64_t i = 0; i < count; ++i)
      time[i] = advance(parse_frequency("MS"), timestamp({2020, 1, 1, 0, 0, 0}), i);
  }
  WindowSource source(bool with_past = false) const {
    WindowSource source;
    source.target.values = y;
    if (with_past) source.past.push_back({p, false});
    source.time = time;
    source.frequency = parse_frequency("MS");
    source.name = "rows.csv";
    return source;
  }
  std::vector<double> y, p;
  std::vector<Timestamp> time;
};

std::vector<double> all(const Tensor& tensor) {
  std::vector<double> values;
  for (int64_t i = 0; i < tensor.numel(); ++i) values.push_back(tensor.item(i));
  return values;
}

TEST(Window, StepsOrFeatures) {
  const Rows rows(7);
  WindowOptions options;
  options.lookback = 3;
  options.horizon = 2;
  const WindowSet steps = make_windows(rows.source(true), options);
  EXPECT_EQ(steps.x.shape(), (Shape{3, 3, 2}));
  EXPECT_EQ(steps.y.shape(), (Shape{3, 2}));
  EXPECT_EQ(steps.origin, (std::vector<int64_t>{2, 3, 4}));
  EXPECT_EQ(all(steps.x), (std::vector<double>{0, 100, 1, 101, 2, 102, 1, 101, 2, 102, 3, 103, 2,
                                               102, 3, 103, 4, 104}));
  EXPECT_EQ(all(steps.y), (std::vector<double>{3, 4, 4, 5, 5, 6}));
  options.lookback_as_features = true;
  const WindowSet features = make_windows(rows.source(true), options);
  EXPECT_EQ(features.x.shape(), (Shape{3, 1, 6}));
  EXPECT_EQ(all(features.x), all(steps.x));
  EXPECT_EQ(window_features(rows.source(true), options), 6);
}

TEST(Window, StepAndBorders) {
  const Rows rows(20);
  WindowOptions options;
  options.lookback = 4;
  options.horizon = 2;
  options.step = 3;
  EXPECT_EQ(make_windows(rows.source(), options).origin, (std::vector<int64_t>{3, 6, 9, 12, 15}));
  options.step = 1;
  options.target_begin = 10;
  options.target_end = 14;
  EXPECT_EQ(make_windows(rows.source(), options).origin, (std::vector<int64_t>{9, 10, 11}));
  options.input_begin = 10;  // inputs inside the part too
  options.target_end = 17;
  EXPECT_EQ(make_windows(rows.source(), options).origin, (std::vector<int64_t>{13, 14}));
}

TEST(Window, RelativeToTheLastKnownValue) {
  const Rows rows(6);
  WindowSource source = rows.source(true);
  source.target.relative = true;
  WindowOptions options;
  options.lookback = 2;
  options.horizon = 2;
  const WindowSet set = make_windows(source, options);
  EXPECT_EQ(set.base, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(all(set.x), (std::vector<double>{-1, 100, 0, 101, -1, 101, 0, 102, -1, 102, 0, 103}));
  EXPECT_EQ(all(set.y), (std::vector<double>{1, 2, 1, 2, 1, 2}));
}

TEST(Window, TargetAtTheSameStep) {
  const Rows rows(5);
  WindowOptions options;
  options.lookback = 2;
  options.same_step = true;
  const WindowSet set = make_windows(rows.source(true), options);
  EXPECT_EQ(set.origin, (std::vector<int64_t>{1, 2, 3, 4}));
  EXPECT_EQ(all(set.x), (std::vector<double>{100, 101, 101, 102, 102, 103, 103, 104}));
  EXPECT_EQ(all(set.y), (std::vector<double>{1, 2, 3, 4}));
  options.horizon = 2;
  EXPECT_EQ(all(make_windows(rows.source(true), options).y),
            (std::vector<double>{0, 1, 1, 2, 2, 3, 3, 4}));
  EXPECT_EQ(error_of([&] { make_windows(rows.source(), options); }).id, "config.window");
}

TEST(Window, TheWholeSeriesAsOne) {
  const Rows rows(7);
  WindowOptions options;
  options.lookback = 3;
  options.lookback_as_features = true;
  options.whole_series = true;
  const WindowSet set = make_windows(rows.source(), options);
  EXPECT_EQ(set.x.shape(), (Shape{1, 4, 3}));
  EXPECT_EQ(set.y.shape(), (Shape{1, 4, 1}));
  EXPECT_EQ(all(set.y), (std::vector<double>{3, 4, 5, 6}));
  EXPECT_EQ(set.size(), 4);
  options.lookback_as_features = false;
  EXPECT_EQ(error_of([&] { make_windows(rows.source(), options); }).id, "config.window");
}

// The features are those of the target's date, whatever the layout.
TEST(Window, CalendarOfTheTargetsDate) {
  const Rows rows(30);
  WindowSource source = rows.source();
  source.calendar = {parse_calendar_feature("month")};
  WindowOptions options;
  options.lookback = 3;
  options.horizon = 2;
  const WindowSet separate = make_windows(source, options);
  EXPECT_EQ(separate.x.size(2), 1);
  ASSERT_EQ(separate.known.shape(), (Shape{26, 2, 12}));
  options.calendar = CalendarPlacement::inputs;
  const WindowSet steps = make_windows(source, options);
  ASSERT_EQ(steps.x.shape(), (Shape{26, 3, 13}));
  options.lookback_as_features = true;
  const WindowSet features = make_windows(source, options);
  ASSERT_EQ(features.x.shape(), (Shape{26, 1, 3 + 24}));
  for (int64_t i = 0; i < separate.size(); ++i)
    for (int64_t h = 0; h < 2; ++h)
      for (int64_t month = 0; month < 12; ++month) {
        const double expected = (separate.origin[i] + 1 + h) % 12 == month ? 1 : 0;
        ASSERT_EQ(separate.known.item((i * 2 + h) * 12 + month), expected);
        ASSERT_EQ(features.x.item(i * 27 + 3 + h * 12 + month), expected);
        // Step s of x carries the month two rows after it: the last one that of the last target.
        if (h == 1) {
          ASSERT_EQ(steps.x.item((i * 3 + 2) * 13 + 1 + month), expected);
        }
      }
}

TEST(Window, ForecastBeyondTheEnd) {
  const Rows rows(24);
  WindowSource source = rows.source();
  source.calendar = {parse_calendar_feature("month")};
  WindowOptions options;
  options.lookback = 3;
  options.horizon = 14;
  const WindowSet set = forecast_window(source, options, 23);
  EXPECT_EQ(all(set.x), (std::vector<double>{21, 22, 23}));
  EXPECT_FALSE(set.y.defined());
  ASSERT_EQ(set.known.shape(), (Shape{1, 14, 12}));
  for (int64_t h = 0; h < 14; ++h)
    for (int64_t month = 0; month < 12; ++month)
      EXPECT_EQ(set.known.item(h * 12 + month), h % 12 == month ? 1 : 0);
  EXPECT_EQ(error_of([&] { forecast_window(source, options, 1); }).id, "data.too_short");
  EXPECT_EQ(error_of([&] { forecast_window(source, options, 24); }).id, "data.too_short");
}

TEST(Window, WarmUpRowsAreNotUsed) {
  Rows rows(10);
  rows.y[0] = rows.y[1] = std::nan("");
  WindowOptions options;
  options.lookback = 2;
  EXPECT_EQ(make_windows(rows.source(), options).origin.front(), 3);
  rows.y[5] = std::nan("");
  const Error error = error_of([&] { make_windows(rows.source(), options); });
  EXPECT_EQ(error.id, "data.missing");
  EXPECT_NE(error.message.find("value 6 of 10"), std::string::npos);
}

TEST(Window, TooShortNamesTheNumbers) {
  const Rows rows(10);
  WindowOptions options;
  options.lookback = 8;
  options.horizon = 4;
  EXPECT_EQ(
      std::string(error_of([&] { make_windows(rows.source(), options); }).what()),
      "rows.csv: lookback 8 and horizon 4 take 12 rows, and 10 are there to cut windows from; "
      "shorten lookback or horizon, or give more rows");
  options.horizon = 2;
  EXPECT_EQ(make_windows(rows.source(), options).size(), 1);
  options.lookback = 0;
  EXPECT_EQ(error_of([&] { make_windows(rows.source(), options); }).where, "lookback");
}

TEST(Window, DoubleKeepsEveryBit) {
  Rows rows(4);
  rows.y = {0.1, 0.2, 0.3, 0.4};
  WindowOptions options;
  options.lookback = 2;
  options.dtype = DType::f64;
  EXPECT_EQ(all(make_windows(rows.source(), options).x), (std::vector<double>{0.1, 0.2, 0.2, 0.3}));
}

}  // namespace
}  // namespace sluice

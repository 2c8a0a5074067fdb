#include "sluice/report/decimate.h"

#include <algorithm>
#include <cmath>

#include "gtest/gtest.h"

namespace sluice {
namespace {

Chart long_chart(size_t count) {
  Chart chart;
  Line wave{"wave", {}}, half{"half", {}};
  for (size_t i = 0; i < count; ++i) {
    const double x = static_cast<double>(i);
    wave.y.push_back(std::sin(x));
    half.y.push_back(i < count / 2 ? NAN : std::cos(x));
    chart.point_names.push_back({x, "row " + std::to_string(i)});
  }
  wave.y[count / 3] = 50;  // one peak that must not be lost
  chart.lines = {wave, half};
  return chart;
}

TEST(Decimate, ShortLinesStayAsTheyAre) {
  const Chart chart = decimate(long_chart(1000), 2400);
  EXPECT_EQ(chart.lines[0].y.size(), 1000U);
  EXPECT_TRUE(chart.caption.empty());
}

TEST(Decimate, KeepsPeaksAndGapsAndSaysSo) {
  const Chart chart = decimate(long_chart(100000), 2400);
  const Line &wave = chart.lines[0], &half = chart.lines[1];
  EXPECT_LT(wave.y.size(), 8000U);
  EXPECT_EQ(*std::max_element(wave.y.begin(), wave.y.end()), 50);
  EXPECT_EQ(wave.x.front(), 0);
  EXPECT_EQ(wave.x.back(), 99999);
  EXPECT_TRUE(std::is_sorted(wave.x.begin(), wave.x.end()));
  EXPECT_EQ(half.x, wave.x) << "hovering shows both lines";
  EXPECT_TRUE(std::isnan(half.y[half.y.size() / 4]));
  EXPECT_EQ(chart.point_names.size(), wave.x.size());
  EXPECT_EQ(chart.point_names[7].label, "row " + std::to_string(static_cast<int>(wave.x[7])));
  EXPECT_EQ(chart.caption,
            "Of 100,000 points, the smallest and the largest of every 83 are drawn.");
}

TEST(Decimate, AGapOfOnePointStaysAGap) {
  Chart chart;
  chart.lines = {{"line", std::vector<double>(5000, 1.0)}};
  chart.lines[0].y[2500] = NAN;
  const Chart shorter = decimate(chart, 100);
  EXPECT_EQ(std::count_if(shorter.lines[0].y.begin(), shorter.lines[0].y.end(),
                          [](double y) { return std::isnan(y); }),
            1);
}

}  // namespace
}  // namespace sluice

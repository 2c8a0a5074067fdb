#include "sluice/report/ticks.h"

#include "gtest/gtest.h"
#include "sample_document.h"

namespace sluice {
namespace {

constexpr double day_seconds = 86400;

std::vector<std::string> labels(const std::vector<Tick>& ticks) {
  std::vector<std::string> texts;
  for (const Tick& tick : ticks) texts.push_back(tick.label);
  return texts;
}

using Texts = std::vector<std::string>;

TEST(Ticks, StandOnRoundDates) {
  const double start = static_cast<double>(month_start(0));  // 1949-01-01
  EXPECT_EQ(labels(time_ticks(start, static_cast<double>(month_start(143)), 8)),
            (Texts{"1950", "1952", "1954", "1956", "1958", "1960"}));
  EXPECT_EQ(labels(time_ticks(start, static_cast<double>(month_start(12)), 6)),
            (Texts{"1949-01", "1949-04", "1949-07", "1949-10", "1950-01"}));
  // 1949-01-03 was a Monday.
  EXPECT_EQ(labels(time_ticks(start, start + 20 * day_seconds, 4)),
            (Texts{"1949-01-03", "1949-01-10", "1949-01-17"}));
  EXPECT_EQ(labels(time_ticks(start, start + day_seconds, 5)),
            (Texts{"1949-01-01", "06:00", "12:00", "18:00", "1949-01-02"}));
}

TEST(Ticks, NeverMoreThanAskedForWhateverTheSpan) {
  for (double span = 1; span < 5e11; span *= 1.7)
    for (const double first : {-3e9, 0.0, 1.7e9}) {
      const std::vector<Tick> ticks = time_ticks(first, first + span, 9);
      EXPECT_LE(ticks.size(), 10U) << "span " << span;
      if (span > 10) {
        EXPECT_GE(ticks.size(), 1U) << "span " << span;
      }
      for (const Tick& tick : ticks) EXPECT_TRUE(tick.x >= first && tick.x <= first + span);
    }
}

TEST(Ticks, NonsenseGivesNone) {
  EXPECT_TRUE(time_ticks(NAN, 1, 5).empty());
  EXPECT_TRUE(time_ticks(2, 1, 5).empty());
  EXPECT_TRUE(time_ticks(0, 1e300, 5).empty());
  EXPECT_TRUE(number_ticks(1, 1, false, 5).empty());
  EXPECT_TRUE(number_ticks(0, INFINITY, false, 5).empty());
}

TEST(Ticks, NumbersAreRound) {
  EXPECT_EQ(labels(number_ticks(0, 10, false, 5)), (Texts{"0", "2", "4", "6", "8", "10"}));
  EXPECT_EQ(labels(number_ticks(0.11, 0.62, false, 6)), (Texts{"0.2", "0.3", "0.4", "0.5", "0.6"}));
  EXPECT_EQ(labels(number_ticks(0.01, 100, true, 4)), (Texts{"0.01", "0.1", "1", "10", "100"}));
  EXPECT_EQ(labels(number_ticks(0.8, 30, true, 7)), (Texts{"1", "2", "5", "10", "20"}));
}

TEST(TimeLabels, AreAsFineAsNeeded) {
  EXPECT_EQ(time_labels({month_start(0), month_start(1)}), (Texts{"1949-01", "1949-02"}));
  EXPECT_EQ(time_labels({0, 86400}), (Texts{"1970-01-01", "1970-01-02"}));
  EXPECT_EQ(time_labels({0, 3600}), (Texts{"1970-01-01 00:00", "1970-01-01 01:00"}));
  EXPECT_EQ(time_labels({-1, 0}), (Texts{"1969-12-31 23:59:59", "1970-01-01 00:00:00"}));
}

}  // namespace
}  // namespace sluice

// Order, duplicates, gaps and missing values: what is done about them, and that it is said.
#include "sluice/data/clean.h"

#include <cmath>

#include "sluice/data/time_format.h"
#include "support.h"

namespace sluice {
namespace {

std::vector<double> values(const Frame& frame) { return frame.columns[0].values; }

CleanOptions missing(const std::string& policy) {
  CleanOptions options;
  options.missing = policy;
  return options;
}

bool noted(const Frame& frame, const std::string& part) {
  for (const std::string& note : frame.notes)
    if (note.find(part) != std::string::npos) return true;
  return false;
}

TEST(Clean, TurnsNewestFirstAround) {
  const Frame frame =
      clean(read_csv_text("d,y\n2020-01-03,3\n2020-01-02,2\n2020-01-01,1\n", "a"), {});
  EXPECT_EQ(values(frame), (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(frame.row_numbers, (std::vector<int64_t>{4, 3, 2}));
  EXPECT_EQ(frame.label(0), "2020-01-01");
  EXPECT_TRUE(noted(frame, "newest first"));
}

TEST(Clean, SortsOnlyWhenAsked) {
  CleanOptions options;
  options.sort = true;
  const Frame frame =
      clean(read_csv_text("d,y\n2020-01-02,2\n2020-01-01,1\n2020-01-03,3\n", "a"), options);
  EXPECT_EQ(values(frame), (std::vector<double>{1, 2, 3}));
  EXPECT_TRUE(noted(frame, "sorted"));
}

TEST(Clean, ResolvesDuplicates) {
  const std::string text = "d,y\n2020-01-01,1\n2020-01-02,2\n2020-01-02,4\n2020-01-03,3\n";
  for (const auto& [choice, expected] : {std::pair{"first", 2.0}, {"last", 4.0}, {"mean", 3.0}}) {
    CleanOptions options;
    options.duplicates = choice;
    const Frame frame = clean(read_csv_text(text, "a"), options);
    EXPECT_EQ(values(frame), (std::vector<double>{1, expected, 3})) << choice;
    EXPECT_TRUE(noted(frame, "merged"));
  }
  CleanOptions options;
  options.duplicates = "sum";
  EXPECT_EQ(error_of([&] { clean(read_csv_text(text, "a"), options); }).id, "config.duplicates");
}

// Two holes and one row left out: 1 ? ? 4 (5 is not there) 6.
const char* const holes =
    "d,y\n2020-01-01,1\n2020-01-02,\n2020-01-03,?\n2020-01-04,4\n2020-01-06,6\n2020-01-07,7\n"
    "2020-01-08,8\n2020-01-09,NA\n";

TEST(Clean, FillsWhatIsMissing) {
  struct Case {
    const char* policy;
    std::vector<double> expected;
  };
  for (const Case& one : {Case{"linear", {1, 2, 3, 4, 5, 6, 7, 8, 8}},
                          {"forward", {1, 1, 1, 4, 4, 6, 7, 8, 8}},
                          {"zero", {1, 0, 0, 4, 0, 6, 7, 8, 0}},
                          {"mean", {1, 5.2, 5.2, 4, 5.2, 6, 7, 8, 5.2}},
                          {"seasonal", {1, 1, 1, 4, 4, 6, 7, 8, 1}},
                          {"drop", {1, 4, 6, 7, 8}}}) {
    const Frame frame = clean(read_csv_text(holes, "a"), missing(one.policy));
    EXPECT_EQ(values(frame), one.expected) << one.policy;
    EXPECT_EQ(frequency_name(frame.frequency), "D");
    EXPECT_TRUE(noted(frame, "first: row 3")) << one.policy << testing::PrintToString(frame.notes);
  }
  const Frame frame = clean(read_csv_text(holes, "a"), missing("linear"));
  EXPECT_EQ(frame.label(4), "2020-01-05");
  EXPECT_EQ(frame.row_numbers[4], 0);
  EXPECT_EQ(error_of([&] { clean(read_csv_text(holes, "a"), missing("lineal")); }).hint,
            "did you mean \"linear\"?");
}

TEST(Clean, SeasonalTakesTheDayBefore) {
  std::string text = "d,y\n";
  for (int hour = 0; hour < 72; ++hour)
    text += "2020-01-0" + std::to_string(1 + hour / 24) + " " + std::to_string(hour % 24) + ":00," +
            (hour == 30 || hour == 54 ? "?" : std::to_string(hour)) + "\n";
  const Frame frame = clean(read_csv_text(text, "a"), missing("seasonal"));
  EXPECT_EQ(values(frame)[30], 6);
  EXPECT_EQ(values(frame)[54], 6);  // itself filled from the day before
}

TEST(Clean, NothingOfTheTestPartLeaks) {
  // The hole in row 1 lies in training, its right neighbour does not.
  const std::string text = "d,y\n2020-01-01,1\n2020-01-02,?\n2020-01-03,30\n2020-01-04,40\n";
  EXPECT_EQ(values(clean(read_csv_text(text, "a"), missing("linear"), 2))[1], 1);
  EXPECT_EQ(values(clean(read_csv_text(text, "a"), missing("linear")))[1], 15.5);
  EXPECT_EQ(values(clean(read_csv_text(text, "a"), missing("mean"), 2))[1], 1);
  const std::string later = "d,y\n2020-01-01,1\n2020-01-02,3\n2020-01-03,?\n2020-01-04,40\n";
  EXPECT_EQ(values(clean(read_csv_text(later, "a"), missing("mean"), 2))[2], 2);
}

TEST(Clean, RowsWithoutAPastAreLeftOut) {
  const std::string text = "d,y,x\n2020-01-01,,1\n2020-01-02,?,2\n2020-01-03,3,?\n2020-01-04,4,4\n";
  const Frame frame = clean(read_csv_text(text, "a"), missing("forward"));
  EXPECT_EQ(values(frame), (std::vector<double>{4}));
  CleanOptions options = missing("forward");
  options.columns = {"y"};
  const Frame other = clean(read_csv_text(text, "a"), options);
  EXPECT_EQ(values(other), (std::vector<double>{3, 4}));
  EXPECT_TRUE(noted(other, "2 rows before the first values were left out (first: row 2)"));
}

TEST(Clean, GivenFrequencies) {
  const std::string ends = "d,y\n2020-01-31,1\n2020-02-29,2\n2020-03-31,3\n";
  CleanOptions options;
  options.frequency = "M";
  EXPECT_EQ(frequency_name(clean(read_csv_text(ends, "a"), options).frequency), "ME");
  const std::string starts = "d,y\n2020-01,1\n2020-02,2\n2020-03,3\n";
  const Frame adopted = clean(read_csv_text(starts, "a"), options);
  EXPECT_EQ(frequency_name(adopted.frequency), "MS");
  EXPECT_TRUE(noted(adopted, "ME is taken as MS"));
  options.frequency = "h";
  const Error error = error_of(
      [&] { clean(read_csv_text("d,y\n2020-01-01 00:00,1\n2020-01-01 00:30,2\n", "a"), options); });
  EXPECT_EQ(error.id, "data.frequency");
  EXPECT_EQ(error.where, "a:3");
  options.frequency = "D";
  EXPECT_EQ(error_of([&] { clean(read_csv_text("y\n1\n2\n", "a"), options); }).id,
            "config.frequency");
}

TEST(Clean, FrequencyNoneTakesRowsAsTheyStand) {
  CleanOptions options;
  options.frequency = "none";
  const Frame frame = clean(
      read_csv_text("d,y\n2020-01-01,1\n2020-01-03,2\n2020-01-08,3\n2020-01-09,4\n", "a"), options);
  EXPECT_EQ(frame.rows(), 4);
  EXPECT_FALSE(frame.frequency.regular());
  EXPECT_TRUE(future_times(frame.frequency, frame.time.back(), 3).empty());
}

TEST(Clean, AMistypedYearIsNotFilledUp) {
  const std::string text =
      "d,y\n2020-01-01,1\n2020-01-02,2\n2020-01-03,3\n2020-01-04,3\n3020-01-05,4\n";
  const Error error = error_of([&] { clean(read_csv_text(text, "a"), missing("linear")); });
  EXPECT_EQ(error.id, "data.gap");
  EXPECT_NE(error.message.find("after 2020-01-04 (row 5) comes 3020-01-05"), std::string::npos)
      << error.message;
}

TEST(Clean, CountsMissingByColumn) {
  const Frame frame = read_csv_text("d,a,b\n2020,1,?\n2021,,2\n2022,3,\n", "a");
  const std::vector<std::string> names = {"a", "b"};
  const auto counts = count_missing(frame, names);
  ASSERT_EQ(counts.size(), 2u);
  EXPECT_EQ(counts[1].count, 2);
  EXPECT_EQ(counts[1].first_rows, (std::vector<int64_t>{0, 2}));
}

}  // namespace
}  // namespace sluice

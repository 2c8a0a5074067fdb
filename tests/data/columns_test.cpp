// Columns dropped, numbered by class and set beside their past.
#include "sluice/data/columns.h"

#include <cmath>

#include "sluice/data/csv.h"
#include "support.h"

namespace sluice {
namespace {

Frame days() {
  return read_csv_text(
      "Date,Num,Cases,Kind,Note\n"
      "2020-01-01,10,1,3,work\n"
      "2020-01-02,20,2,7,off\n"
      "2020-01-03,30,?,3,work\n"
      "2020-01-04,40,4,5,\n"
      "2020-01-05,50,5,5,feast\n",
      "days.csv");
}

std::vector<std::string> names(const Frame& frame) {
  std::vector<std::string> all;
  for (const Column& column : frame.columns) all.push_back(column.name);
  return all;
}

void expect_error(const std::function<void()>& work, const std::string& id,
                  const std::string& text) {
  const Error error = error_of(work);
  EXPECT_EQ(error.id, id);
  EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
}

using Names = std::vector<std::string>;
using Values = std::vector<double>;

TEST(Columns, AreDroppedByNameAndByNumber) {
  EXPECT_EQ(names(drop_columns(days(), {"Note", "Num"})), (Names{"Cases", "Kind"}));
  EXPECT_EQ(names(drop_column_numbers(days(), {0, 3})), (Names{"Cases", "Kind"}));
  EXPECT_EQ(drop_columns(days(), {"Num"}).time.size(), 5u);
}

TEST(Columns, ThatAreNotThereAreNamed) {
  expect_error([] { drop_columns(days(), {"Kinds"}); }, "data.unknown_column", "Kind");
  expect_error([] { drop_column_numbers(days(), {4}); }, "data.unknown_column",
               "there is no column number 4");
  expect_error([] { label_encode(days(), "Nun"); }, "data.unknown_column", "Num");
}

TEST(Columns, AreAddedUpToANewOne) {
  const Frame frame = add_column(days(), "rest", {{"Num", 1000.0 / 60}, {"Cases", -1}});
  const Column& rest = *frame.find("rest");
  EXPECT_EQ(names(frame).back(), "rest");
  EXPECT_DOUBLE_EQ(rest.values[1], 20 * 1000.0 / 60 - 2);
  EXPECT_TRUE(std::isnan(rest.values[2]));
  expect_error([] { add_column(days(), "Num", {{"Cases", 1}}); }, "config.column", "Num");
  expect_error([] { add_column(days(), "rest", {}); }, "config.column", "rest");
  expect_error([] { add_column(days(), "rest", {{"Case", 1}}); }, "data.unknown_column", "Cases");
  expect_error([] { add_column(days(), "rest", {{"Note", 1}}); }, "data.not_numeric", "Note");
}

TEST(LabelEncode, NumbersClassesInOrder) {
  EXPECT_EQ(label_encode(days(), "Kind").find("Kind")->values, (Values{0, 2, 0, 1, 1}));
  const Frame frame = label_encode(days(), "Note");  // feast, off, work
  const Column& note = *frame.find("Note");
  EXPECT_TRUE(note.numeric());
  EXPECT_EQ(Values(note.values.begin(), note.values.begin() + 3), (Values{2, 1, 2}));
  EXPECT_TRUE(std::isnan(note.values[3]));
  EXPECT_EQ(note.values[4], 0);
}

// The numbers of the tutorials' function on the same table, rows with NaN left out.
TEST(SeriesToSupervised, SetsRowsBesideTheirPast) {
  const Frame frame = series_to_supervised(drop_columns(days(), {"Cases", "Note"}), 2);
  EXPECT_EQ(names(frame),
            (Names{"var1(t-2)", "var2(t-2)", "var1(t-1)", "var2(t-1)", "var1(t)", "var2(t)"}));
  ASSERT_EQ(frame.rows(), 3);
  EXPECT_EQ(frame.columns[0].values, (Values{10, 20, 30}));
  EXPECT_EQ(frame.columns[3].values, (Values{7, 3, 5}));
  EXPECT_EQ(frame.columns[4].values, (Values{30, 40, 50}));
  EXPECT_EQ(frame.label(0), "2020-01-03");
  EXPECT_EQ(frame.row_numbers[0], 4);
}

TEST(SeriesToSupervised, HasStepsAheadAndLeavesOutMissingValues) {
  const Frame ahead = series_to_supervised(drop_columns(days(), {"Cases", "Kind", "Note"}), 1, 2);
  EXPECT_EQ(names(ahead), (Names{"var1(t-1)", "var1(t)", "var1(t+1)"}));
  EXPECT_EQ(ahead.columns[2].values, (Values{30, 40, 50}));
  const Frame holes = series_to_supervised(drop_columns(days(), {"Num", "Kind", "Note"}), 1);
  EXPECT_EQ(holes.columns[0].values, (Values{1, 4}));
  EXPECT_EQ(holes.columns[1].values, (Values{2, 5}));
}

TEST(SeriesToSupervised, SaysWhatIsWrong) {
  const Frame numbers = drop_columns(days(), {"Note"});
  expect_error([&] { series_to_supervised(numbers, 5); }, "data.too_short",
               "5 rows are too few for 5 lags and 1 steps");
  expect_error([&] { series_to_supervised(numbers, -1); }, "config.window", "at least 0");
  expect_error([&] { series_to_supervised(numbers, 1, 0); }, "config.window", "at least 1");
  expect_error([&] { series_to_supervised(days(), 1); }, "data.not_numeric", "Note");
}

}  // namespace
}  // namespace sluice

// Files that are right, in all the ways in which files are written.
#include <cmath>

#include "support.h"

namespace sluice {
namespace {

// A way of writing the same two months, or what is said with each.
struct GoodFile {
  const char* name;
  std::string text;
  CsvOptions options;
  std::vector<double> values;      // of column "y" or the only numeric one
  std::vector<std::string> times;  // as the file writes them
};

CsvOptions with(const std::function<void(CsvOptions&)>& set) {
  CsvOptions options;
  set(options);
  return options;
}

void PrintTo(const GoodFile& file, std::ostream* out) { *out << file.name; }

class GoodFiles : public testing::TestWithParam<GoodFile> {};

TEST_P(GoodFiles, AreRead) {
  const GoodFile& good = GetParam();
  const Frame frame = read_csv_text(good.text, "good.csv", good.options);
  const std::string name = choose_target(frame, frame.find("y") != nullptr ? "y" : "");
  const std::span<const double> values = frame.numbers(name, "target");
  ASSERT_EQ(values.size(), good.values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(good.values[i]))
      EXPECT_TRUE(std::isnan(values[i])) << "row " << i;
    else
      EXPECT_EQ(values[i], good.values[i]) << "row " << i;
  }
  ASSERT_EQ(frame.time.size(), good.times.size());
  for (size_t i = 0; i < good.times.size(); ++i)
    EXPECT_EQ(frame.format(frame.time[i]), good.times[i]) << "row " << i;
}

const double nan = std::nan("");

INSTANTIATE_TEST_SUITE_P(
    Table, GoodFiles,
    testing::Values(
        GoodFile{
            "plain", "Month,y\n2020-01,1\n2020-02,2.5\n", {}, {1, 2.5}, {"2020-01", "2020-02"}},
        GoodFile{"no_final_newline",
                 "d,y\n2020-01-01,1\n2020-01-02,2",
                 {},
                 {1, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"byte_order_mark",
                 "\xEF\xBB\xBF"
                 "date,y\n2020-01-01,1\n",
                 {},
                 {1},
                 {"2020-01-01"}},
        GoodFile{"carriage_returns",
                 "date,y\r\n2020-01-01,1\r\n2020-01-02,2\r\n",
                 {},
                 {1, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"old_mac_line_ends",
                 "date,y\r2020-01-01,1\r2020-01-02,2\r",
                 {},
                 {1, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"semicolons",
                 "date;y\n2020-01-01;1\n2020-01-02;2\n",
                 {},
                 {1, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"tabs",
                 "date\ty\n2020-01-01\t1\n2020-01-02\t2\n",
                 {},
                 {1, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"bars",
                 "date|y\n2020-01-01|1\n2020-01-02|2\n",
                 {},
                 {1, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"delimiter_named_by_excel",
                 "\xEF\xBB\xBFsep=;\r\ndate;y\r\n2020-01-01;1,5\r\n2020-01-02;2\r\n",
                 {},
                 {1.5, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"given_delimiter",
                 "date:y\n2020:1\n2021:2\n",
                 with([](CsvOptions& o) { o.delimiter = ":"; }),
                 {1, 2},
                 {"2020", "2021"}},
        GoodFile{"quoted",
                 "\"date\",\"y\"\n\"2020-01-01\",\"1\"\n\"2020-01-02\",2\n",
                 {},
                 {1, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"quoted_delimiter",
                 "date,place,y\n2020-01-01,\"Rio, RJ\",1\n2020-01-02,\"a \"\"b\"\"\",2\n",
                 {},
                 {1, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"quoted_newline",
                 "date,note,y\n2020-01-01,\"two\nlines\",1\n2020-01-02,x,2\n",
                 {},
                 {1, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"blanks_around",
                 "date , y\n 2020-01-01 ,  1\n2020-01-02, 2 \n",
                 {},
                 {1, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"comments",
                 "# from the meter, \"raw\ndate,y\n2020-01-01,1\n# pause\n2020-01-02,2\n",
                 {},
                 {1, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"other_comment",
                 "% a\ndate,y\n2020-01-01,1\n",
                 with([](CsvOptions& o) { o.comment = "%"; }),
                 {1},
                 {"2020-01-01"}},
        GoodFile{"blank_lines",
                 "date,y\n2020-01-01,1\n\n2020-01-02,2\n\n\n,\n",
                 {},
                 {1, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"trailing_delimiter",
                 "date,y\n2020-01-01,1,\n2020-01-02,2,\n",
                 {},
                 {1, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"trailing_delimiter_everywhere",
                 "date;y;\n2020-01-01;1;\n2020-01-02;2;\n",
                 {},
                 {1, 2},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{
            "no_header", "2020-01-01,1\n2020-01-02,2\n", {}, {1, 2}, {"2020-01-01", "2020-01-02"}},
        GoodFile{"no_header_said",
                 "a,1\nb,2\n",
                 with([](CsvOptions& o) { o.header = false; }),
                 {1, 2},
                 {}},
        GoodFile{"skipped_lines",
                 "a report\nof something\ndate,y\n2020-01-01,1\n",
                 with([](CsvOptions& o) { o.skip_rows = 2; }),
                 {1},
                 {"2020-01-01"}},
        GoodFile{"decimal_comma",
                 "date;y\n2020-01-01;1,5\n2020-01-02;2,25\n2020-01-03;1000\n",
                 {},
                 {1.5, 2.25, 1000},
                 {"2020-01-01", "2020-01-02", "2020-01-03"}},
        GoodFile{"decimal_comma_quoted",
                 "date,y\n2020-01-01,\"1,5\"\n2020-01-02,\"0,125\"\n",
                 {},
                 {1.5, 0.125},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"decimal_comma_said",
                 "date;y\n2020-01-01;1,234\n",
                 with([](CsvOptions& o) { o.decimal = ","; }),
                 {1.234},
                 {"2020-01-01"}},
        GoodFile{"thousands_said",
                 "date;y\n2020-01-01;1,234\n2020-01-02;12,345,678.5\n2020-01-03;7\n",
                 with([](CsvOptions& o) { o.thousands = ","; }),
                 {1234, 12345678.5, 7},
                 {"2020-01-01", "2020-01-02", "2020-01-03"}},
        GoodFile{"thousands_blank_decimal_comma",
                 "d;y\n2020-01-01;1 234,50\n2020-01-02;-2 000\n",
                 with([](CsvOptions& o) { o.thousands = " "; }),
                 {1234.5, -2000},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"typeset_numbers",
                 "d;y\n2020-01-01;1\xE2\x80\xAF"
                 "234,50\xC2\xA0\n2020-01-02;\xE2\x88\x92"
                 "2,5\n",
                 with([](CsvOptions& o) { o.thousands = " "; }),
                 {1234.5, -2.5},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"three_decimals",
                 "d,y\n2020-01-01,20\n2020-01-02,20.125\n2020-01-03,1020\n",
                 {},
                 {20, 20.125, 1020},
                 {"2020-01-01", "2020-01-02", "2020-01-03"}},
        GoodFile{"points_said_to_be_decimal",
                 "d,y\n2020-01-01,950\n2020-01-02,1.050\n",
                 with([](CsvOptions& o) { o.decimal = "."; }),
                 {950, 1.05},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"names_in_brackets",
                 "<TICKER>,<DATE>,<CLOSE>\nX,20200101,1.5\nX,20200102,2\nX,20200103,2\n",
                 {},
                 {1.5, 2, 2},
                 {"20200101", "20200102", "20200103"}},
        GoodFile{"typeset_minus",
                 "d,y\n2020-01-01,\xE2\x88\x92"
                 "2.5\n2020-01-02,3\n",
                 {},
                 {-2.5, 3},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"thousands_point",
                 "date;y\n2020-01-01;1.234,5\n",
                 with([](CsvOptions& o) { o.thousands = "."; }),
                 {1234.5},
                 {"2020-01-01"}},
        GoodFile{"accounting_negatives",
                 "d,y\n2020-01-01,\"(1,234.50)\"\n2020-01-02,( 7 )\n2020-01-03,\"1,000\"\n",
                 with([](CsvOptions& o) { o.thousands = ","; }),
                 {-1234.5, -7, 1000},
                 {"2020-01-01", "2020-01-02", "2020-01-03"}},
        GoodFile{"accounting_negatives_decimal_comma",
                 "d;y\n2020-01-01;(1,5)\n2020-01-02;(2,25)\n",
                 {},
                 {-1.5, -2.25},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"minus_behind",
                 "d,y\n2020-01-01,1234-\n2020-01-02,5.5\n2020-01-03,-\n",
                 {},
                 {-1234, 5.5, nan},
                 {"2020-01-01", "2020-01-02", "2020-01-03"}},
        GoodFile{"currency",
                 "d,y\n2020-01-01,$1.20\n2020-01-02,-$3\n2020-01-03,($4.5)\n2020-01-04,5\n",
                 {},
                 {1.2, -3, -4.5, 5},
                 {"2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04"}},
        GoodFile{"currency_behind",
                 "d;y\n2020-01-01;1.234,50 €\n2020-01-02;7,25\xC2\xA0€\n",
                 with([](CsvOptions& o) { o.thousands = "."; }),
                 {1234.5, 7.25},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"percent",
                 "d,y\n2020-01-01,12%\n2020-01-02,7.5 %\n",
                 {},
                 {12, 7.5},
                 {"2020-01-01", "2020-01-02"}},
        GoodFile{"number_spellings",
                 "date,y\n2020,+1\n2021,-2e3\n2022,.5\n2023,1E-2\n",
                 {},
                 {1, -2000, 0.5, 0.01},
                 {"2020", "2021", "2022", "2023"}},
        GoodFile{"missing_spellings",
                 "date,y\n2020,1\n2021,?\n2022,NA\n2023,NaN\n2024,\n2025,null\n2026,-\n2027,n/a\n",
                 {},
                 {1, nan, nan, nan, nan, nan, nan, nan},
                 {"2020", "2021", "2022", "2023", "2024", "2025", "2026", "2027"}},
        GoodFile{"missing_word_said",
                 "date,y\n2020,1\n2021,-999\n2022,-9990\n",
                 with([](CsvOptions& o) { o.missing_words = {"-999"}; }),
                 {1, nan, -9990},
                 {"2020", "2021", "2022"}},
        GoodFile{"no_dates", "y\n1\n2\n3\n", {}, {1, 2, 3}, {}},
        GoodFile{"blank_line_in_one_column", "y\n1\n\n3\n\n", {}, {1, nan, 3}, {}},
        GoodFile{"numbers_alone", "1\n2\n3\n", {}, {1, 2, 3}, {}},
        GoodFile{"row_counter_left_out", ",y\n0,5\n1,6\n2,7\n", {}, {5, 6, 7}, {}},
        GoodFile{"even_times_left_out",
                 ",time,y\n1,1949.000,5\n2,1949.083,6\n3,1949.167,7\n",
                 {},
                 {5, 6, 7},
                 {}},
        GoodFile{"time_none",
                 "date,y\nfoo,1\nbar,2\n",
                 with([](CsvOptions& o) { o.time = {"none"}; }),
                 {1, 2},
                 {}}),
    [](const testing::TestParamInfo<GoodFile>& file) { return file.param.name; });

TEST(Csv, KeepsTextByCode) {
  const Frame frame =
      read_csv_text("d,city,y\n2020,Rome,1\n2021,Oslo,2\n2022,Rome,3\n2023,,4\n", "a");
  const Column& city = frame.column("city", "past");
  EXPECT_FALSE(city.numeric());
  EXPECT_EQ(city.labels, (std::vector<std::string>{"Rome", "Oslo"}));
  EXPECT_EQ(city.text(2), "Rome");
  EXPECT_EQ(city.text(3), "");
}

TEST(Csv, SignsAroundNumbersMakeNoText) {
  const Frame frame =
      read_csv_text("d,a,b,c,y\n2020-01-01,(x),(-5),(5) kg,(5)\n2020-01-02,(y),5-6,-5-,6\n", "a");
  EXPECT_EQ(frame.numeric_names(), (std::vector<std::string>{"y"}));
  EXPECT_EQ(frame.notes.back(), "column \"y\": \"(5)\" is read as -5");
}

TEST(Csv, CodesWithLeadingZerosAreNames) {
  const Frame frame = read_csv_text("date,code,y\n2020-01-01,000300,1\n2020-01-02,000300,2\n", "a");
  EXPECT_FALSE(frame.column("code", "past").numeric());
  EXPECT_EQ(choose_target(frame, ""), "y");
}

TEST(Csv, RowNumbersAreThoseOfAnEditor) {
  const Frame frame =
      read_csv_text("# one\ndate,note,y\n\n2020-01-01,\"a\nb\nc\",1\n# x\n2020-01-02,,2\n", "a");
  EXPECT_EQ(frame.row_numbers, (std::vector<int64_t>{4, 8}));
  EXPECT_EQ(frame.where(1), "a:8");
}

TEST(Csv, ColumnsSetApartByBlanks) {
  const Frame frame = read_csv_text(
      "  date          level   m\n 2020-01-01     9.5    -1\n 2020-01-02\t 10.25     7\n", "a");
  EXPECT_EQ(frame.notes.front(), "cells are separated by blanks");
  EXPECT_EQ(frame.numeric_names(), (std::vector<std::string>{"level", "m"}));
  EXPECT_EQ(frame.numbers("level", "target")[1], 10.25);
  const Frame quoted =
      read_csv_text("\"a day\" \"y\"\n\"2020-01-01 00:00\" 3\n\"2020-01-01 01:00\" 4\n", "a");
  EXPECT_EQ(quoted.numeric_names(), (std::vector<std::string>{"y"}));
  CsvOptions blanks;
  blanks.delimiter = "blanks";
  const Frame asked = read_csv_text("y z\n1 2\n3 4\n", "a", blanks);
  EXPECT_EQ(asked.numbers("z", "target")[1], 4);
}
TEST(Csv, BlanksWithinANumberOrATimeSetNothingApart) {
  CsvOptions thousands;
  thousands.thousands = " ";
  const Frame grouped = read_csv_text("y\n1 234\n2 345\n3 456\n", "a", thousands);
  EXPECT_EQ(grouped.numbers("y", "target")[2], 3456);
  const Frame times = read_csv_text("2020-01-01 00:00\n2020-01-01 01:00\n", "a");
  EXPECT_EQ(times.rows(), 2);
  EXPECT_TRUE(times.numeric_names().empty());
}
TEST(Csv, ReadsGzip) {
  const TemporaryFolder folder;
  const std::string path = folder.write_gzip("a.csv.gz", "date,y\n2020-01-01,1\n2020-01-02,2\n");
  EXPECT_EQ(read_csv(path).rows(), 2);
}

TEST(Csv, LongFilesCrossBlocks) {
  std::string text = "n,y\n";
  for (int i = 0; i < 300000; ++i) text += std::to_string(i) + "," + std::to_string(i * 7) + "\n";
  const Frame frame = read_csv_text(text, "a");
  ASSERT_EQ(frame.rows(), 300000);
  const auto y = frame.numbers("y", "target");
  for (int i = 0; i < 300000; ++i) ASSERT_EQ(y[i], i * 7.0);
  EXPECT_EQ(frame.row_numbers.back(), 300001);
}

TEST(Csv, KeepsOnlyTheColumnsAskedFor) {
  CsvOptions options;
  options.columns = {"b"};
  const Frame frame = read_csv_text("date,a,b,c\n2020-01-01,1,2,3\n", "a", options);
  ASSERT_EQ(frame.columns.size(), 1u);
  EXPECT_EQ(frame.columns[0].name, "b");
  EXPECT_EQ(frame.time.size(), 1u);
}

TEST(Csv, RepeatedNamesAreToldApart) {
  const Frame frame = read_csv_text("date,a,a,\n2020-01-01,1,2,3\n", "a");
  EXPECT_EQ(frame.numeric_names(), (std::vector<std::string>{"a", "a_2", "column_4"}));
}

TEST(Csv, SaysWhatItInferred) {
  const Frame frame = read_csv_text("Datum;y\n01.02.2020;1,5\n02.02.2020;2,5\n", "a");
  EXPECT_EQ(frame.notes,
            (std::vector<std::string>{"cells are separated by ;", "numbers have a decimal comma",
                                      "times are read from \"Datum\" as %d.%m.%Y"}));
}

TEST(Csv, AColumnNobodyUsesCannotStopTheWork) {
  const Frame frame = read_csv_text("date,y,x\n2020,1,5\n2021,2,abc\n2022,3,inf\n", "a.csv");
  EXPECT_EQ(frame.numbers("y", "target").size(), 3u);
  const Error error = error_of([&] { frame.numbers("x", "past"); });
  EXPECT_EQ(error.id, "data.not_a_number");
  EXPECT_EQ(error.where, "a.csv:3");
  EXPECT_EQ(error.message, "column \"x\": \"abc\" is not a number (and 1 more such cells)");
}

}  // namespace
}  // namespace sluice

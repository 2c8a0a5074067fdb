// Dates as text: read, written, and told apart.
#include "sluice/data/clean.h"
#include "sluice/data/time_format.h"
#include "support.h"

namespace sluice {
namespace {

struct Spelling {
  std::string cells;    // two rows of the time columns, header first, as CSV
  std::string pattern;  // how the file is read
  std::string first;    // the first row as ISO
  std::string next;     // what follows the last row, as the file would write it
};

void PrintTo(const Spelling& row, std::ostream* out) { *out << row.pattern; }

class Spellings : public testing::TestWithParam<Spelling> {};

// Rows of a table of three dates each; the value column is added here.
TEST_P(Spellings, AreInferredAndContinued) {
  const Spelling& spelling = GetParam();
  std::string text, line;
  for (size_t at = 0, row = 0; at < spelling.cells.size(); ++row) {
    const size_t end = std::min(spelling.cells.find('\n', at), spelling.cells.size());
    text += spelling.cells.substr(at, end - at) +
            (row == 0 ? ";y\n" : ";" + std::to_string(row) + "\n");
    at = end + 1;
  }
  const Frame frame = clean(read_csv_text(text, "t.csv"), {});
  ASSERT_FALSE(frame.time.empty()) << text;
  const std::string note = " as " + spelling.pattern;
  bool noted = false;
  for (const std::string& one : frame.notes) noted = noted || one.ends_with(note);
  EXPECT_TRUE(noted) << testing::PrintToString(frame.notes);
  EXPECT_EQ(format_time(frame.time.front(), "%Y-%m-%dT%H:%M:%S"), spelling.first);
  const auto next = future_times(frame.frequency, frame.time.back(), 1);
  ASSERT_EQ(next.size(), 1u) << frequency_name(frame.frequency);
  EXPECT_EQ(frame.format(next[0]), spelling.next);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Spellings,
    testing::Values(
        Spelling{"d\n2020-01-30\n2020-01-31\n2020-02-01", "%Y-%m-%d", "2020-01-30T00:00:00",
                 "2020-02-02"},
        Spelling{"d\n2020/1/9\n2020/1/10\n2020/1/11", "%Y/%-m/%-d", "2020-01-09T00:00:00",
                 "2020/1/12"},
        Spelling{"d\n30.01.2020\n31.01.2020\n01.02.2020", "%d.%m.%Y", "2020-01-30T00:00:00",
                 "02.02.2020"},
        Spelling{"d\n30/01/2020\n31/01/2020\n01/02/2020", "%d/%m/%Y", "2020-01-30T00:00:00",
                 "02/02/2020"},
        Spelling{"d\n01/30/2020\n01/31/2020\n02/01/2020", "%m/%d/%Y", "2020-01-30T00:00:00",
                 "02/02/2020"},
        Spelling{"d\n30-01-20\n31-01-20\n01-02-20", "%d-%m-%y", "2020-01-30T00:00:00", "02-02-20"},
        Spelling{"d\n30-Jan-2020\n31-Jan-2020\n01-Feb-2020", "%d-%b-%Y", "2020-01-30T00:00:00",
                 "02-Feb-2020"},
        Spelling{"d\n30 January 2020\n31 January 2020\n1 February 2020", "%-d %B %Y",
                 "2020-01-30T00:00:00", "2 February 2020"},
        Spelling{"d\nJan 30, 2020\nJan 31, 2020\nFeb 1, 2020", "%b %-d, %Y", "2020-01-30T00:00:00",
                 "Feb 2, 2020"},
        Spelling{"Month\n1949-11\n1949-12\n1950-01", "%Y-%m", "1949-11-01T00:00:00", "1950-02"},
        Spelling{"Month\n11/1949\n12/1949\n01/1950", "%m/%Y", "1949-11-01T00:00:00", "02/1950"},
        Spelling{"Month\nNov-69\nDec-69\nJan-70", "%b-%y", "1969-11-01T00:00:00", "Feb-70"},
        Spelling{"Month\nNov 1949\nDec 1949\nJan 1950", "%b %Y", "1949-11-01T00:00:00", "Feb 1950"},
        Spelling{"Monat\nNov 1949\nDez 1949\nJan 1950", "%b %Y", "1949-11-01T00:00:00", "Feb 1950"},
        Spelling{"Datum\n27. Februar 2020\n28. Februar 2020\n29. Februar 2020", "%d. %b %Y",
                 "2020-02-27T00:00:00", "01. Mar 2020"},
        Spelling{"Mois\ndéc. 2019\njanv. 2020\nfévr. 2020", "%b %Y", "2019-12-01T00:00:00",
                 "Mar 2020"},
        Spelling{"Mes\nJul-19\nAgo-19\nSept-19", "%b-%y", "2019-07-01T00:00:00", "Oct-19"},
        Spelling{"Month\n1949M11\n1949M12\n1950M01", "%YM%m", "1949-11-01T00:00:00", "1950M02"},
        Spelling{"Quarter\n1990Q3\n1990Q4\n1991Q1", "%YQ%q", "1990-07-01T00:00:00", "1991Q2"},
        Spelling{"Quarter\nQ3 1990\nQ4 1990\nQ1 1991", "Q%q %Y", "1990-07-01T00:00:00", "Q2 1991"},
        Spelling{"Week\n2020-W52\n2020-W53\n2021-W01", "%G-W%V", "2020-12-21T00:00:00", "2021-W02"},
        Spelling{"yearmonth\n194911\n194912\n195001", "%Y%m", "1949-11-01T00:00:00", "195002"},
        Spelling{"date\n20200130\n20200131\n20200201", "%Y%m%d", "2020-01-30T00:00:00", "20200202"},
        Spelling{"year\n1998\n1999\n2000", "%Y", "1998-01-01T00:00:00", "2001"},
        Spelling{"日期\n2020年1月30日\n2020年1月31日\n2020年2月1日", "%Y年%-m月%-d日",
                 "2020-01-30T00:00:00", "2020年2月2日"},
        Spelling{"ts\n2020-01-01 22:00:00\n2020-01-01 23:00:00\n2020-01-02 00:00:00",
                 "%Y-%m-%d %H:%M:%S", "2020-01-01T22:00:00", "2020-01-02 01:00:00"},
        Spelling{"ts\n2020-01-01T22:00\n2020-01-01T23:00\n2020-01-02T00:00", "%Y-%m-%dT%H:%M",
                 "2020-01-01T22:00:00", "2020-01-02T01:00"},
        Spelling{"ts\n2020-01-01T22:00:00Z\n2020-01-01T23:00:00Z\n2020-01-02T00:00:00Z",
                 "%Y-%m-%dT%H:%M:%SZ", "2020-01-01T22:00:00", "2020-01-02T01:00:00Z"},
        Spelling{
            "ts\n2020-01-01T22:00:00+02:00\n2020-01-01T23:00:00+02:00\n2020-01-02T00:00:00+02:00",
            "%Y-%m-%dT%H:%M:%S%:z", "2020-01-01T22:00:00", "2020-01-02T01:00:00+02:00"},
        Spelling{"ts\n2020-01-01T22:00:00+0200\n2020-01-01T22:00:00+0100\n2020-01-02T00:00:00+0200",
                 "%Y-%m-%dT%H:%M:%S%z", "2020-01-01T20:00:00", "2020-01-01T23:00:00+0000"},
        Spelling{"ts\n1/30/2020 10:00 PM\n1/30/2020 11:00 PM\n1/31/2020 12:00 AM",
                 "%-m/%d/%Y %I:%M %p", "2020-01-30T22:00:00", "1/31/2020 01:00 AM"},
        Spelling{"Date;Time\n16/12/2006;17:24:00\n16/12/2006;17:25:00\n16/12/2006;17:26:00",
                 "%d/%m/%Y %H:%M:%S", "2006-12-16T17:24:00", "16/12/2006 17:27:00"},
        Spelling{"date;hour\n2020-01-01;22\n2020-01-01;23\n2020-01-02;0", "%Y-%m-%d %-H",
                 "2020-01-01T22:00:00", "2020-01-02 1"},
        Spelling{"year;month\n1949;November\n1949;December\n1950;January", "%Y %B",
                 "1949-11-01T00:00:00", "1950-02"},
        Spelling{"year;month\n1949;11\n1949;12\n1950;1", "%Y %-m", "1949-11-01T00:00:00",
                 "1950-02"},
        Spelling{"day;month;year\n30;1;2020\n31;1;2020\n1;2;2020", "%Y %-m %-d",
                 "2020-01-30T00:00:00", "2020-02-02"},
        Spelling{"year;month;day;hour\n2010;1;1;22\n2010;1;1;23\n2010;1;2;0", "%Y %-m %-d %-H",
                 "2010-01-01T22:00:00", "2010-01-02 01:00"},
        Spelling{"year;quarter\n2010;3\n2010;4\n2011;1", "%Y %q", "2010-07-01T00:00:00",
                 "2011-Q2"}));

TEST(TimeFormat, DayFirstOrMonthFirstIsDecidedByEvenSteps) {
  std::string days = "date,y\n", months = "date,y\n";
  for (int year = 2019; year <= 2020; ++year)
    for (int month = 1; month <= 12; ++month) {
      const std::string two = (month < 10 ? "0" : "") + std::to_string(month);
      days += "01/" + two + "/" + std::to_string(year) + ",1\n";
      months += two + "/01/" + std::to_string(year) + ",1\n";
    }
  for (const auto& [text, pattern] : {std::pair{days, "%d/%m/%Y"}, {months, "%m/%d/%Y"}}) {
    const Frame frame = clean(read_csv_text(text, "a"), {});
    EXPECT_EQ(frame.time_pattern, pattern);
    EXPECT_EQ(frequency_name(frame.frequency), "MS");
    EXPECT_EQ(format_time(frame.time[1], "%F"), "2019-02-01");
  }
}

// The row that decides may come long after the first rows that are looked at.
TEST(TimeFormat, DayFirstIsDecidedByALateRow) {
  std::string text = "date,y\n";
  for (int hour = 0; hour < 24 * 31; ++hour) {
    const std::string day = std::to_string(hour / 24 + 1);
    text += day + "/1/2020 " + std::to_string(hour % 24) + ":00,1\n";
  }
  for (int hour = 0; hour < 24 * 29; ++hour) {
    const std::string day = std::to_string(hour / 24 + 1);
    text += day + "/2/2020 " + std::to_string(hour % 24) + ":00,1\n";
  }
  const Frame frame = clean(read_csv_text(text, "a"), {});
  EXPECT_EQ(frame.time_pattern, "%-d/%-m/%Y %-H:%M");
  EXPECT_EQ(frequency_name(frame.frequency), "h");
  EXPECT_EQ(frame.label(24 * 60 - 1), "29/2/2020 23:00");

  std::string months = "date,y\n";
  for (int row = 0; row < 1200; ++row)
    months += std::to_string(row % 12 + 1) + "/1/" + std::to_string(1900 + row / 12) + ",1\n";
  months += "1/13/2000,1\n";
  EXPECT_EQ(read_csv_text(months, "a").time_pattern, "%-m/%-d/%Y");
}

TEST(TimeFormat, GivenFormatsAreTaken) {
  CsvOptions options;
  options.time_format = "%y%m%d";
  const Frame frame = read_csv_text("when,y\n200130,1\n200131,2\n", "a", options);
  EXPECT_EQ(format_time(frame.time[1], "%F"), "2020-01-31");
  options.time_format = "epoch";
  const Frame seconds = read_csv_text("t,y\n1577836800,1\n1577840400,2\n", "a", options);
  EXPECT_EQ(format_time(seconds.time[0], "%F %T"), "2020-01-01 00:00:00");
  options.time_format = "excel";
  const Frame days = clean(
      read_csv_text("d,y\n44197,1\n44197.5416666667,2\n44198.0833333333,3\n", "a", options), {});
  EXPECT_EQ(format_time(days.time[0], "%F %T"), "2021-01-01 00:00:00");
  EXPECT_EQ(format_time(days.time[1], "%F %T"), "2021-01-01 13:00:00");
  EXPECT_EQ(days.format(days.time[2] + 79200), "44199");
  options.time_format = "epoch_ms";
  const Frame thousandths = read_csv_text("t,y\n1577836800000,1\n", "a", options);
  EXPECT_EQ(format_time(thousandths.time[0], "%F %T"), "2020-01-01 00:00:00");
}

TEST(TimeFormat, ReadsBackWhatItWrites) {
  for (const char* pattern : {"%Y-%m-%d %H:%M:%S", "%d.%m.%Y %I:%M:%S %p", "%Y%m%d%H%M%S", "%s",
                              "%B %-d %Y %H:%M:%S", "%Y-%j %T"}) {
    const TimeFormat format(pattern);
    for (Timestamp time = -3000000007; time < 4000000000; time += 86399 * 1000 + 1) {
      const auto parsed = format.parse(format.format(time));
      ASSERT_TRUE(parsed) << pattern << " " << format.format(time);
      ASSERT_EQ(parsed->time, time) << pattern;
    }
  }
}

TEST(TimeFormat, RefusesWhatIsNoTime) {
  const TimeFormat day("%Y-%m-%d");
  for (const char* text : {"", "2020", "2020-13-01", "2020-00-01", "2021-02-29", "2020-01-32",
                           "2020-01-01 ", "20-01-01", "x2020-01-01", "2020-01-0a"})
    EXPECT_FALSE(day.parse(text)) << text;
  EXPECT_TRUE(day.parse("2020-02-29"));
  EXPECT_FALSE(TimeFormat("%H:%M").parse("24:01"));
  EXPECT_FALSE(TimeFormat("%b %Y").parse("Janury 2020"));
  EXPECT_TRUE(TimeFormat("%b %Y").parse("Sept 2020"));
}

TEST(TimeFormat, MonthsOfFourLanguages) {
  const std::pair<const char*, int> words[] = {
      {"MÄRZ", 3},  {"Mrz", 3},    {"Maerz", 3},   {"mär", 3},        {"Mai", 5},   {"Okt", 10},
      {"Dez", 12},  {"Jänner", 1}, {"février", 2}, {"FÉVRIER", 2},    {"août", 8},  {"juin", 6},
      {"enero", 1}, {"dic", 12},   {"abr", 4},     {"septiembre", 9}, {"mayo", 5},  {"Juli", 7},
      {"Jun", 6},   {"sept.", 9},  {"janv.", 1},   {"Dezember", 12},  {"juil.", 7}, {"mars", 3}};
  for (const auto& [word, month] : words) {
    const auto parsed = TimeFormat("%b %Y").parse(std::string(word) + " 2020");
    ASSERT_TRUE(parsed) << word;
    EXPECT_EQ(civil_time(parsed->time).month, month) << word;
  }
  for (const char* word : {"ju", "Märzen", "Jan..", "de", " ", "ma", "Monat"})
    EXPECT_FALSE(TimeFormat("%b %Y").parse(std::string(word) + " 2020")) << word;
  EXPECT_TRUE(TimeFormat("%d.%b.%Y").parse("01.Jan.2020"));
  EXPECT_TRUE(TimeFormat("%Y %b").parse("2020 Jan."));
}

}  // namespace
}  // namespace sluice

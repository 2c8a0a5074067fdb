// Files that are wrong: each gives one sentence that names file, row and column.
#include "sluice/data/clean.h"
#include "support.h"

namespace sluice {
namespace {

struct BadFile {
  const char* name;
  std::string text;
  CsvOptions options;
  std::string id;
  std::string what;         // the whole sentence; FILE stands for the path
  std::string target = "";  // the column to be forecast, where one must be named
};

CsvOptions with(const std::function<void(CsvOptions&)>& set) {
  CsvOptions options;
  set(options);
  return options;
}

void PrintTo(const BadFile& file, std::ostream* out) { *out << file.name; }

class BadFiles : public testing::TestWithParam<BadFile> {};

// Reads, picks the target and cleans: what every command does first.
TEST_P(BadFiles, AreRefusedInOneSentence) {
  const BadFile& bad = GetParam();
  const TemporaryFolder folder;
  const std::string path = folder.write("bad.csv", bad.text);
  const Error error = error_of([&] {
    Frame frame = read_csv(path, bad.options);
    CleanOptions options;
    options.columns = {choose_target(frame, bad.target)};
    clean(std::move(frame), options);
  });
  EXPECT_EQ(error.id, bad.id);
  std::string expected = bad.what;
  for (size_t at = expected.find("FILE"); at != std::string::npos; at = expected.find("FILE"))
    expected.replace(at, 4, path);
  EXPECT_EQ(std::string(error.what()), expected);
  EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadFiles,
    testing::Values(
        BadFile{"empty", "", {}, "data.empty", "FILE: the file is empty"},
        BadFile{"only_comments", "# a\n# b\n", {}, "data.empty", "FILE: the file holds no rows"},
        BadFile{"header_only",
                "date,y\n",
                {},
                "data.no_rows",
                "FILE: the file has a header but no rows"},
        BadFile{"utf16",
                std::string("\xFF\xFE"
                            "d\0a\0",
                            6),
                {},
                "data.encoding",
                "FILE: the file is UTF-16 text; save it as UTF-8 and try again"},
        BadFile{"zero_bytes",
                std::string("PK\0\0abc", 7),
                {},
                "data.encoding",
                "FILE: the file holds zero bytes, so it is not UTF-8 text; check that it is a CSV "
                "file, and save it as UTF-8"},
        BadFile{"workbook",
                std::string("PK\x03\x04\0\0", 6),
                {},
                "data.other_format",
                "FILE: the file is a workbook (.xlsx, .ods) or a zip archive, not CSV; save the "
                "sheet as CSV, or unpack the archive"},
        BadFile{"web_page",
                "\xEF\xBB\xBF\n <!DOCTYPE html>\n<p>Not found, sorry</p>\n",
                {},
                "data.other_format",
                "FILE: the file is a web page, not CSV; look at it in a browser, and download the "
                "data it is about"},
        BadFile{"json_document",
                "[\n  {\"date\": \"2020-01-01\", \"y\": 1}\n]\n",
                {},
                "data.other_format",
                "FILE: the file is a JSON document, not CSV; export the table as CSV"},
        BadFile{"latin1_header",
                "date,gr\xF6\xDF"
                "e\n2020-01-01,1\n",
                {},
                "data.encoding",
                "FILE:1: the column names are not UTF-8 text; save the file as UTF-8"},
        BadFile{"latin1_text",
                "date,ort,y\n2020-01-01,Ulm,1\n2020-01-02,K\xF6ln,2\n",
                {},
                "data.encoding",
                "FILE:3: column \"ort\" holds text that is not UTF-8; save the file as UTF-8"},
        BadFile{
            "short_row",
            "date,y\n2020-01-01,1\n2020-01-02\n",
            {},
            "data.ragged_row",
            "FILE:3: the row has 1 cell where the header has 2; complete the row or take it out"},
        BadFile{"long_row",
                "date,y\n2020-01-01,1\n2020-01-02,2,5\n",
                {},
                "data.ragged_row",
                "FILE:3: the row has 3 cells where the header has 2; put cells that hold the "
                "delimiter in quotes, or say delimiter="},
        BadFile{"open_quote",
                "date,y\n2020-01-01,1\n\"2020-01-02,2\n2020-01-03,3\n",
                {},
                "data.quote",
                "FILE:3: a quote that opens in this row is never closed; close it, or double a "
                "quote that belongs to the text"},
        BadFile{"text_among_numbers",
                "date,y\n2020-01-01,1\n2020-01-02,abc\n2020-01-03,3\n",
                {},
                "data.not_a_number",
                "FILE:3: column \"y\": \"abc\" is not a number; correct it, or say "
                "missing_words=abc if it stands for no value"},
        BadFile{
            "long_text_among_numbers",
            "date,y\n2020-01-01,1\n2020-01-02,x" + std::string(3000, 'y') + "\n2020-01-03,3\n",
            {},
            "data.not_a_number",
            "FILE:3: column \"y\": \"x" + std::string(39, 'y') + "…\" is not a number; correct it"},
        BadFile{"latin1_among_numbers",
                "date,y\n2020-01-01,1\n2020-01-02,sp\xE4ter\n2020-01-03,3\n",
                {},
                "data.not_a_number",
                "FILE:3: column \"y\": a cell that is not UTF-8 text is not a number; correct it"},
        BadFile{"infinite",
                "date,y\n2020-01-01,1\n2020-01-02,-inf\n2020-01-03,3\n",
                {},
                "data.infinite",
                "FILE:3: column \"y\": \"-inf\" is not a finite number; correct it, or say "
                "missing_words=-inf if it stands for no value"},
        BadFile{"overflow",
                "date,y\n2020-01-01,1\n2020-01-02,1e999\n2020-01-03,3\n",
                {},
                "data.infinite",
                "FILE:3: column \"y\": \"1e999\" is not a finite number; correct it, or say "
                "missing_words=1e999 if it stands for no value"},
        BadFile{
            "ambiguous_comma",
            "date;y\n2020-01-01;1,234\n2020-01-02;2,345\n",
            {},
            "data.ambiguous_number",
            "FILE:2: column \"y\": \"1,234\" may have a decimal sign or a separator of thousands "
            "(and 1 more such cells); say decimal=, or thousands=,"},
        BadFile{"thousands_not_guessed",
                "date;y\n2020-01-01;1.234,50\n2020-01-02;2\n",
                {},
                "data.ambiguous_number",
                "FILE:2: column \"y\": \"1.234,50\" has a separator of thousands; say thousands=."},
        BadFile{"points_that_may_mark_thousands",
                "date;y\n2020-01-01;950\n2020-01-02;1.050\n2020-01-03;980\n",
                {},
                "data.ambiguous_number",
                "FILE:3: column \"y\": \"1.050\" may have a decimal sign or a separator of "
                "thousands; say decimal=. or thousands=."},
        BadFile{"typeset_thousands",
                "date;y\n2020-01-01;1\xC2\xA0"
                "234,50\n2020-01-02;2\n",
                {},
                "data.ambiguous_number",
                "FILE:2: column \"y\": \"1\xC2\xA0"
                "234,50\" has a separator of thousands; say thousands=\" \""},
        BadFile{
            "nothing_numeric",
            "date,y\n2020-01-01,5 x 7\n2020-01-02,5 x 8\n",
            {},
            "data.no_numbers",
            "FILE: no column holds numbers to forecast: \"y\" holds text such as \"5 x 7\"; check "
            "the delimiter and the decimal sign (delimiter=, decimal=)"},
        BadFile{"numbers_with_signs",
                "date,place,y\n2020-01-01,Ulm,1.20 kg\n2020-01-02,Ulm,1.30 kg\n",
                {},
                "data.no_numbers",
                "FILE: no column holds numbers to forecast: \"y\" holds text such as \"1.20 kg\"; "
                "write bare numbers in the file, without signs of currency, percent or unit"},
        BadFile{"two_currencies",
                "date,y\n2020-01-01,$1.20\n2020-01-02,€1.30\n",
                {},
                "data.mixed_unit",
                "FILE:3: column \"y\": \"€1.30\" is not in the unit of the rows before it; write "
                "the whole column in one unit"},
        BadFile{"percent_among_shares",
                "date,y\n2020-01-01,0.5\n2020-01-02,51%\n2020-01-03,52%\n",
                {},
                "data.mixed_unit",
                "FILE:3: column \"y\": \"51%\" is not in the unit of the rows before it (and 1 "
                "more such cells); write the whole column in one unit"},
        BadFile{"thousands_in_brackets",
                "date;y\n2020-01-01;(1,234)\n2020-01-02;$ 2,345\n",
                {},
                "data.ambiguous_number",
                "FILE:2: column \"y\": \"(1,234)\" may have a decimal sign or a separator of "
                "thousands (and 1 more such cells); say decimal=, or thousands=,"},
        BadFile{"all_missing",
                "date,y\n2020-01-01,?\n2020-01-02,\n",
                {},
                "data.all_missing",
                "FILE: column \"y\" has no value at all"},
        BadFile{"two_targets",
                "date,a,b\n2020-01-01,1,2\n2020-01-02,3,4\n",
                {},
                "config.target",
                "FILE: which column is to be forecast? 2 columns hold numbers: a, b; say for "
                "instance target=b"},
        BadFile{"missing",
                "date,y\n2020-01-01,1\n2020-01-02,?\n2020-01-03,\n2020-01-04,4\n",
                {},
                "data.missing",
                "FILE:3: column \"y\" misses 2 values (row 3, row 4); say missing=linear, forward, "
                "seasonal, mean or zero to fill them, or missing=drop to leave the rows out"},
        BadFile{"no_date",
                "date,y\n2020-01-01,1\n,2\n2020-01-03,3\n",
                {},
                "data.time_missing",
                "FILE:3: the row has no value in the time column \"date\"; write its date, or take "
                "the row out"},
        BadFile{
            "mixed_dates",
            "date,y\n2020-01-01,1\n2020-01-02,2\n03.01.2020,3\n",
            {},
            "data.mixed_time",
            "FILE:4: column \"date\": \"03.01.2020\" is no date written as %Y-%m-%d, the format "
            "of the rows before it; write every date the same way, or say which format it is "
            "with time_format="},
        BadFile{
            "no_such_day",
            "date,y\n2021-02-27,1\n2021-02-28,2\n2021-02-29,3\n",
            {},
            "data.mixed_time",
            "FILE:4: column \"date\": \"2021-02-29\" is no date written as %Y-%m-%d, the format "
            "of the rows before it; write every date the same way, or say which format it is "
            "with time_format="},
        BadFile{
            "day_and_month_swapped",
            "date,y\n13/01/2020,1\n14/01/2020,2\n01/15/2020,3\n",
            {},
            "data.mixed_time",
            "FILE:4: column \"date\": \"01/15/2020\" is no date written as %d/%m/%Y, the format "
            "of the rows before it; write every date the same way, or say which format it is "
            "with time_format="},
        BadFile{"ambiguous_dates",
                "date,y\n01/02/2020,1\n02/02/2020,2\n03/02/2020,3\n",
                {},
                "data.ambiguous_time",
                "FILE: column \"date\": \"01/02/2020\" may be 2020-02-01 or 2020-01-02, and no row "
                "tells which; say time_format=\"%d/%m/%Y\" or time_format=\"%m/%d/%Y\""},
        BadFile{"ambiguous_after_the_first_date",
                "date,y\n01/01/2020,1\n01/02/2020,2\n01/03/2020,3\n",
                {},
                "data.ambiguous_time",
                "FILE: column \"date\": \"01/02/2020\" may be 2020-02-01 or 2020-01-02, and no row "
                "tells which; say time_format=\"%d/%m/%Y\" or time_format=\"%m/%d/%Y\""},
        BadFile{"long_text_in_date",
                "date,y\n" + std::string(3000, 'x') + ",1\nbar,2\n",
                {},
                "data.time",
                "FILE:2: column \"date\": \"" + std::string(40, 'x') +
                    "…\" is no date in a format known here; say how to read it, for instance "
                    "time_format=\"%d/%m/%Y %H:%M\", or time=none to count the rows"},
        BadFile{
            "no_dates_in_date",
            "date,y\nfoo,1\nbar,2\n",
            {},
            "data.time",
            "FILE:2: column \"date\": \"foo\" is no date in a format known here; say how to read "
            "it, for instance time_format=\"%d/%m/%Y %H:%M\", or time=none to count the rows"},
        BadFile{
            "epoch_not_guessed",
            "timestamp,y\n1577836800,1\n1577923200,2\n",
            {},
            "data.time",
            "FILE:2: column \"timestamp\": \"1577836800\" is no date in a format known here; if "
            "it counts seconds since 1970, say time_format=epoch"},
        BadFile{"epoch_of_another_name",
                "ts,y\n1577836800,1\n1577923200,2\n",
                {},
                "data.time",
                "FILE:2: column \"ts\": \"1577836800\" is no date in a format known here; if it "
                "counts seconds since 1970, say time_format=epoch"},
        BadFile{
            "excel_days_not_guessed",
            "Month,y\n44197,1\n44228,2\n44256,3\n",
            {},
            "data.time",
            "FILE:2: column \"Month\": \"44197\" is no date in a format known here; if it counts "
            "days as Excel does, which makes this 2021-01-01, say time_format=excel, else "
            "time=none"},
        BadFile{
            "parts_of_seconds",
            "t,y\n2020-01-01 00:00:00.000,1\n2020-01-01 00:00:00.250,2\n",
            {},
            "data.time_fraction",
            "FILE:3: column \"t\": \"2020-01-01 00:00:00.250\" is finer than a second, and times "
            "are kept in whole seconds; say time=none to count the rows instead"},
        BadFile{
            "wrong_time_format", "date,y\n2020-01-01,1\n",
            with([](CsvOptions& o) { o.time_format = "%d.%m.%Y"; }), "data.time",
            "FILE:2: column \"date\": \"2020-01-01\" is no date written as %d.%m.%Y; write every "
            "date the same way, or say which format it is with time_format="},
        BadFile{
            "unknown_directive", "date,y\n2020-01-01,1\n",
            with([](CsvOptions& o) { o.time_format = "%Y-%K"; }), "config.time_format",
            "time_format: \"%Y-%K\" has the unknown directive \"%K\"; known are %Y %y %m %d %H %I "
            "%M %S %p %b %B %j %q %G %V %z %s %Q %E %F %T %R"},
        BadFile{"unknown_time_column", "Datum,y\n2020-01-01,1\n",
                with([](CsvOptions& o) { o.time = {"Datun"}; }), "data.unknown_column",
                "FILE: time=Datun: the file has no such column; did you mean \"Datum\"?"},
        BadFile{"unknown_column", "date,sales\n2020-01-01,1\n",
                with([](CsvOptions& o) { o.columns = {"sale"}; }), "data.unknown_column",
                "FILE: the file has no column \"sale\"; did you mean \"sales\"?"},
        BadFile{"bad_delimiter", "date,y\n2020-01-01,1\n",
                with([](CsvOptions& o) { o.delimiter = "ab"; }), "config.delimiter",
                "delimiter: \"ab\" is not one character; say for instance delimiter=; or "
                "delimiter=tab or delimiter=blanks"},
        BadFile{"duplicate_date",
                "date,y\n2020-01-01,1\n2020-01-02,2\n2020-01-02,3\n",
                {},
                "data.duplicate_time",
                "FILE:4: 2020-01-02 appears twice, first in row 3; take one out, or say "
                "duplicates=first, last or mean"},
        BadFile{
            "several_series",
            "id,date,y\na,2020-01-01,1\na,2020-01-02,2\nb,2020-01-01,3\n",
            {},
            "data.unsorted",
            "FILE:4: 2020-01-01 comes after 2020-01-02 (row 3), so the rows are not in the order "
            "of their dates; if column \"id\" names several series, keep the rows of one of them; "
            "else sort the file, or say sort=true"},
        BadFile{"several_numbered_series",
                "date,store,y\n2020-01-01,1,1.5\n2020-01-01,2,2.5\n2020-01-02,1,3.5\n"
                "2020-01-02,2,4.5\n2020-01-03,1,3.5\n2020-01-03,2,4.5\n2020-01-04,1,3.5\n"
                "2020-01-04,2,4.5\n",
                {},
                "data.duplicate_time",
                "FILE:3: 2020-01-01 appears twice, first in row 2; if column \"store\" names "
                "several series, keep the rows of one of them; else take one out, or say "
                "duplicates=first, last or mean",
                "y"},
        BadFile{"title_line",
                "Sales of the shop\n\ndate,y\n2020-01-01,1\n",
                {},
                "data.ragged_row",
                "FILE:3: the row has 2 cells where the header has 1; if the first lines are no "
                "part of the table, say skip_rows="},
        BadFile{
            "unsorted",
            "date,y\n2020-01-01,1\n2020-01-03,2\n2020-01-02,3\n2020-01-04,3\n",
            {},
            "data.unsorted",
            "FILE:4: 2020-01-02 comes after 2020-01-03 (row 3), so the rows are not in the order "
            "of their dates; sort the file, or say sort=true"},
        BadFile{
            "one_old_row_at_the_end",
            "date,y\n2020-01-01,1\n2020-01-02,2\n2020-01-03,3\n2019-12-31,4\n",
            {},
            "data.unsorted",
            "FILE:5: 2019-12-31 comes after 2020-01-03 (row 4), so the rows are not in the order "
            "of their dates; sort the file, or say sort=true"},
        BadFile{"gap",
                "Month,y\n1949-01,1\n1949-02,2\n1949-04,4\n1949-05,5\n",
                {},
                "data.gap",
                "FILE:3: the series is monthly (MS) and one step is missing: after 1949-02 (row 3) "
                "comes 1949-04; say missing=linear, forward, seasonal, mean or zero to fill, or "
                "frequency=none to take every row as one step"},
        BadFile{"irregular",
                "date,y\n2020-01-01,1\n2020-01-03,2\n2020-01-08,3\n2020-01-09,4\n2020-01-20,5\n",
                {},
                "data.irregular",
                "FILE:4: the dates follow no steady step: from 2020-01-03 to 2020-01-08 is not as "
                "far as the rows before; say frequency=none to take every row as one step, or name "
                "the step to fill up to, for instance frequency=D missing=linear"}),
    [](const testing::TestParamInfo<BadFile>& file) { return file.param.name; });

TEST(BadPath, Missing) {
  const Error error = error_of([] { read_csv("/nowhere/sales.csv"); });
  EXPECT_EQ(std::string(error.what()),
            "/nowhere/sales.csv: no such file; check the name and the directory");
  EXPECT_EQ(error.code, ExitCode::data);
}

TEST(BadPath, Directory) {
  const TemporaryFolder folder;
  const Error error = error_of([&] { read_csv(folder.path()); });
  EXPECT_EQ(std::string(error.what()),
            folder.path() + ": this is a directory, not a file; name a CSV file in it");
}

TEST(BadPath, TruncatedGzip) {
  const TemporaryFolder folder;
  std::string text = "date,y\n";
  for (int i = 0; i < 5000; ++i)
    text += std::to_string(1000 + i) + "," + std::to_string(i * i) + "\n";
  const std::string whole = read_text(folder.write_gzip("a.csv.gz", text));
  const std::string path = folder.write("cut.csv.gz", whole.substr(0, whole.size() / 2));
  const Error error = error_of([&] { read_csv(path); });
  EXPECT_EQ(std::string(error.what()),
            path + ": the compressed file ends too early; copy or download it again");
  EXPECT_EQ(error.id, "data.truncated");
}

TEST(BadPath, DamagedGzip) {
  const TemporaryFolder folder;
  std::string text = "date,y\n";
  for (int i = 0; i < 5000; ++i)
    text += std::to_string(1000 + i) + "," + std::to_string(i * i) + "\n";
  std::string bytes = read_text(folder.write_gzip("a.csv.gz", text));
  for (size_t i = bytes.size() / 2; i < bytes.size() / 2 + 40; ++i) bytes[i] = '\x55';
  const Error error = error_of([&] { read_csv(folder.write("hurt.csv.gz", bytes)); });
  EXPECT_EQ(error.id, "data.corrupt") << error.what();
}

}  // namespace
}  // namespace sluice

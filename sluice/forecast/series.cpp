#include "sluice/forecast/series.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "sluice/base/error.h"
#include "sluice/data/aggregate.h"
#include "sluice/data/columns.h"
#include "sluice/data/time_format.h"

namespace sluice {
namespace {

// Rows whose time, written out, begins with `date` or comes before it: "1960-11" takes the month.
int64_t rows_up_to(const Frame& frame, const std::string& date, bool inclusive,
                   const std::string& where) {
  if (frame.time.empty())
    fail_config("config.rows", where, "the data has no dates", "give a number of rows instead");
  parse_iso_time(date, where);
  int64_t count = 0;
  for (Timestamp time : frame.time) {
    const std::string text = format_time(time, "%Y-%m-%d %H:%M:%S").substr(0, date.size());
    if (text < date || (inclusive && text == date)) ++count;
  }
  return count;
}

bool is_count(const std::string& text, int64_t& count) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc{} && stop == text.data() + text.size();
}

// Rows up to the border a key names: a row number from 1, or a date.
int64_t border(const Frame& frame, const std::string& text, bool inclusive,
               const std::string& where) {
  int64_t row = 0;
  if (!is_count(text, row)) return rows_up_to(frame, text, inclusive, where);
  if (row < 1 || row > frame.rows())
    fail_config("config.rows", where,
                fmt::format("row {} is outside the data, which has {} rows", row, frame.rows()),
                "rows are counted from 1; write a year as a date: 1960-01");
  return inclusive ? row : row - 1;
}

Frame chosen_rows(Frame frame, const Recipe& recipe) {
  const int64_t first =
      recipe.from.empty() ? 0 : border(frame, recipe.from, false, recipe.where("from"));
  const int64_t last = recipe.until.empty()
                           ? frame.rows()
                           : border(frame, recipe.until, true, recipe.where("until"));
  if (first >= last)
    fail_config(
        "config.rows", recipe.where(recipe.from.empty() ? "until" : "from"),
        "no row of the data lies between from and until",
        fmt::format("the data runs from {} to {}", frame.label(0), frame.label(frame.rows() - 1)));
  return first == 0 && last == frame.rows() ? std::move(frame) : slice(frame, first, last);
}

void keep_columns(Frame& frame, const std::vector<std::string>& names) {
  std::erase_if(frame.columns, [&](const Column& column) {
    return std::find(names.begin(), names.end(), column.name) == names.end();
  });
}

// Ways to fill that look back only: what they say of a row does not depend on rows after it.
bool fills_from_the_past(const std::string& missing) {
  return missing == "forward" || missing == "seasonal" || missing == "zero";
}

// The rows of the file as steps of recipe.aggregate. Missing rows are filled before where that
// looks back only; else the step that has one is missing itself and is filled later, as known()
// does it, from what was known.
Frame brought_together(Frame frame, const Recipe& recipe, CleanOptions rows) {
  const bool now = rows.missing == "error" || fills_from_the_past(rows.missing);
  rows.season = 0;                  // a day, whatever the season of the steps
  if (!now) rows.missing = "zero";  // puts in a row for every gap and keeps all others
  frame = regularize(std::move(frame), rows);
  keep_columns(frame, rows.columns);
  if (now) frame = fill_missing(std::move(frame), rows);
  frame = whole_steps(std::move(frame), recipe.aggregate);
  const int64_t count = frame.rows();
  frame = aggregate(frame, recipe.aggregate, recipe.aggregate_by);
  if (frame.rows() == count && count > 1)
    fail_config("config.aggregate", recipe.where("aggregate"),
                fmt::format("no two rows of the data lie in one step of {}", recipe.aggregate),
                "name a longer step, or leave aggregate out");
  frame.notes.push_back(fmt::format("{} rows became {} of {} ({})", count, frame.rows(),
                                    frequency_name(frame.frequency), recipe.aggregate_by));
  return frame;
}

// Errors and deviations are squared, and a square must be a number that a double holds.
void check_magnitude(const Frame& frame) {
  constexpr double largest = 1e150, smallest = 1e-150;
  for (const Column& column : frame.columns) {
    int64_t extreme = -1;
    double magnitude = 0;
    for (int64_t row = 0; row < frame.rows(); ++row) {
      const double size = std::abs(column.values[static_cast<size_t>(row)]);
      if (size > magnitude) magnitude = size, extreme = row;
    }
    if (extreme < 0 || (magnitude >= smallest && magnitude <= largest)) continue;
    fail_data("data.magnitude", frame.where(extreme),
              fmt::format("column \"{}\" holds {}{:.6g}, whose square no double holds", column.name,
                          magnitude < smallest ? "nothing beyond " : "",
                          column.values[static_cast<size_t>(extreme)]),
              "write the column in another unit");
  }
}

int64_t rounded_share(const Portion& portion, int64_t rows) {
  return static_cast<int64_t>(std::floor(portion.value * static_cast<double>(rows)));
}

}  // namespace

std::span<const double> Series::values() const { return frame.numbers(target, "target"); }

CsvOptions csv_options(const Recipe& recipe) {
  CsvOptions options;
  options.delimiter = recipe.delimiter;
  options.header = recipe.header;
  options.time = recipe.time;
  options.time_format = recipe.time_format;
  options.decimal = recipe.decimal;
  options.thousands = recipe.thousands;
  options.comment = recipe.comment;
  options.missing_words = recipe.missing_words;
  options.skip_rows = recipe.skip_rows;
  return options;
}

Series read_series(const Recipe& recipe) {
  if (recipe.data.empty())
    fail_config("recipe.no_data", "data", "no data file is given",
                "name one: `sluice fit sales.csv`, or data: sales.csv in the recipe");
  Frame frame = read_csv(recipe.data, csv_options(recipe));
  if (!recipe.time_format.empty() && frame.time.empty())
    fail_data("data.time", recipe.data,
              fmt::format("no column holds dates written as {}", recipe.time_format),
              "correct time_format, leave it out, or name the column: time=...");
  return make_series(std::move(frame), recipe);
}

Series make_series(Frame frame, const Recipe& recipe) {
  Series series;
  for (const auto& [name, terms] : recipe.derive.columns)
    frame = add_column(std::move(frame), name, terms);
  series.target = choose_target(frame, recipe.target);
  series.past = recipe.past;
  std::vector<std::string> names = {series.target};
  for (const std::string& name : series.past) {
    frame.numbers(name, "past");
    if (std::find(names.begin(), names.end(), name) != names.end())
      fail_config("config.past", recipe.where("past"),
                  fmt::format("the column \"{}\" is named twice", name),
                  "the target's own past is always an input; list only other columns");
    names.push_back(name);
  }
  frame.numbers(series.target, "target");
  series.cleaning = {.frequency = recipe.frequency,
                     .missing = recipe.missing,
                     .duplicates = recipe.duplicates,
                     .sort = recipe.sort,
                     .columns = names,
                     .season = recipe.season.value_or(0)};
  if (!recipe.aggregate.empty()) {
    frame = brought_together(std::move(frame), recipe, series.cleaning);
    series.cleaning.frequency = frequency_name(frame.frequency);
  }
  // The other columns go only now: where dates repeat, they tell one series from another.
  frame = regularize(std::move(frame), series.cleaning);
  keep_columns(frame, names);
  frame = chosen_rows(std::move(frame), recipe);
  check_magnitude(frame);
  series.has_holes = !count_missing(frame, names).empty();
  // Refused or dropped holes need no values; the others are filled from what was known (known()).
  if (series.has_holes && (recipe.missing == "error" || recipe.missing == "drop")) {
    frame = fill_missing(std::move(frame), series.cleaning);
    series.has_holes = false;
  }
  series.frame = std::move(frame);
  return series;
}

Series known(const Series& series, int64_t rows) {
  Series result = series;
  result.frame = slice(series.frame, 0, rows);
  if (series.has_holes) result.frame = fill_missing(std::move(result.frame), series.cleaning);
  result.has_holes = false;
  return result;
}

int64_t rows_in_last(const Portion& portion, const Frame& frame, int64_t rows,
                     const std::string& where) {
  switch (portion.kind) {
    case Portion::Kind::count:
      return static_cast<int64_t>(portion.value);
    case Portion::Kind::share:
      return rounded_share(portion, rows);
    case Portion::Kind::date:
      return rows - std::min(rows, rows_up_to(frame, portion.date, false, where));
    case Portion::Kind::unset:
      break;
  }
  return 0;
}

int64_t rows_in_first(const Portion& portion, const Frame& frame, int64_t rows,
                      const std::string& where) {
  switch (portion.kind) {
    case Portion::Kind::count:
      return static_cast<int64_t>(portion.value);
    case Portion::Kind::share:
      return rounded_share(portion, rows);
    case Portion::Kind::date:
      return std::min(rows, rows_up_to(frame, portion.date, false, where));
    case Portion::Kind::unset:
      break;
  }
  return 0;
}

}  // namespace sluice

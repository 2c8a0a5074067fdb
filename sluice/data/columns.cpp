#include "sluice/data/columns.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sluice/base/error.h"

namespace sluice {
namespace {

Column& column_to_change(Frame& frame, const std::string& name, const std::string& option) {
  const auto place = &frame.column(name, option) - frame.columns.data();
  return frame.columns[static_cast<size_t>(place)];
}

// The place of every value among the distinct ones in order.
template <class T, class Missing>
std::vector<double> ranks(const std::vector<T>& values, Missing missing) {
  std::vector<T> classes;
  for (const T& value : values)
    if (!missing(value)) classes.push_back(value);
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  std::vector<double> result;
  for (const T& value : values)
    result.push_back(missing(value) ? std::numeric_limits<double>::quiet_NaN()
                                    : static_cast<double>(
                                          std::lower_bound(classes.begin(), classes.end(), value) -
                                          classes.begin()));
  return result;
}

std::string shifted_name(size_t column, int shift) {
  const std::string sign = shift < 0 ? "-" : shift > 0 ? "+" : "";
  return "var" + std::to_string(column + 1) + "(t" + sign +
         (shift == 0 ? "" : std::to_string(std::abs(shift))) + ")";
}

std::vector<int64_t> whole_rows(const Frame& frame) {
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < frame.rows(); ++row)
    if (std::none_of(frame.columns.begin(), frame.columns.end(), [&](const Column& column) {
          return std::isnan(column.values[static_cast<size_t>(row)]);
        }))
      rows.push_back(row);
  return rows;
}

}  // namespace

Frame drop_columns(Frame frame, const std::vector<std::string>& names) {
  for (const std::string& name : names) frame.column(name, "drop_columns");
  std::erase_if(frame.columns, [&](const Column& column) {
    return std::find(names.begin(), names.end(), column.name) != names.end();
  });
  return frame;
}

Frame drop_column_numbers(Frame frame, const std::vector<int>& numbers) {
  const auto count = static_cast<int>(frame.columns.size());
  for (const int number : numbers)
    if (number < 0 || number >= count)
      fail_data("data.unknown_column", frame.source,
                "there is no column number " + std::to_string(number),
                "the columns, without those of the time, are numbered from 0 to " +
                    std::to_string(count - 1));
  std::vector<Column> kept;
  for (int i = 0; i < count; ++i)
    if (std::find(numbers.begin(), numbers.end(), i) == numbers.end())
      kept.push_back(std::move(frame.columns[static_cast<size_t>(i)]));
  frame.columns = std::move(kept);
  return frame;
}

Frame add_column(Frame frame, const std::string& name,
                 const std::vector<std::pair<std::string, double>>& terms) {
  if (frame.find(name) != nullptr)
    fail_config("config.column", frame.source, "there is a column \"" + name + "\" already",
                "give the new one another name, or drop the old one first");
  if (terms.empty())
    fail_config("config.column", name, "a column is made of at least one other",
                "name the columns to add and their factors");
  Column column;
  column.name = name;
  column.values.assign(static_cast<size_t>(frame.rows()), 0.0);
  for (const auto& [term, factor] : terms) {
    const auto values = frame.numbers(term, "add_column");
    for (size_t row = 0; row < values.size(); ++row) column.values[row] += factor * values[row];
  }
  frame.columns.push_back(std::move(column));
  return frame;
}

Frame label_encode(Frame frame, const std::string& name) {
  Column& column = column_to_change(frame, name, "label_encode");
  if (column.numeric()) {
    frame.numbers(name, "label_encode");  // a cell that could not be read is reported here
    column.values = ranks(column.values, [](double value) { return std::isnan(value); });
    return frame;
  }
  std::vector<std::string> texts;
  for (int64_t row = 0; row < frame.rows(); ++row) texts.push_back(column.text(row));
  column.values = ranks(texts, [](const std::string& text) { return text.empty(); });
  column.labels.clear();
  column.codes.clear();
  return frame;
}

Frame series_to_supervised(const Frame& frame, int lags, int steps) {
  if (lags < 0 || steps < 1)
    fail_config("config.window", lags < 0 ? "lags" : "steps",
                std::string("it must be at least ") + (lags < 0 ? "0" : "1"),
                "lags are the rows before each row, steps the row itself and those after it");
  const int64_t count = frame.rows() - lags - (steps - 1);
  if (count < 1)
    fail_data("data.too_short", frame.source,
              std::to_string(frame.rows()) + " rows are too few for " + std::to_string(lags) +
                  " lags and " + std::to_string(steps) + " steps",
              "at least " + std::to_string(lags + steps) + " are needed");
  Frame result = slice(frame, lags, lags + count);
  result.columns.clear();
  for (int shift = -lags; shift < steps; ++shift)
    for (size_t i = 0; i < frame.columns.size(); ++i) {
      const auto values =
          frame.numbers(frame.columns[i].name, "series_to_supervised")
              .subspan(static_cast<size_t>(lags + shift), static_cast<size_t>(count));
      Column column;
      column.name = shifted_name(i, shift);
      column.values.assign(values.begin(), values.end());
      result.columns.push_back(std::move(column));
    }
  const std::vector<int64_t> rows = whole_rows(result);
  return gather(std::move(result), rows);
}

}  // namespace sluice

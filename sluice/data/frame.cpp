#include "sluice/data/frame.h"

#include <limits>
#include <numeric>
#include <utility>

#include "sluice/base/error.h"
#include "sluice/data/cell_text.h"
#include "sluice/data/time_format.h"

namespace sluice {
namespace {

std::string quoted_list(const std::vector<std::string>& names) {
  std::string list;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i == 20) return list + ", … (" + std::to_string(names.size()) + " in all)";
    list += (i > 0 ? ", " : "") + names[i];
  }
  return list;
}

// "97 %", "$1,200", "12 EUR": a number with signs around it that are no part of one.
bool number_with_signs(const std::string& text) {
  const size_t first = text.find_first_of("0123456789"), last = text.find_last_of("0123456789");
  if (first == std::string::npos || last - first + 1 == text.size() || text.size() - last > 8)
    return false;
  const std::string_view inner = std::string_view(text).substr(first, last - first + 1);
  return first <= 4 && inner.find_first_not_of("0123456789.,' ") == std::string_view::npos;
}

[[noreturn]] void fail_no_numbers(const Frame& frame) {
  std::string example, hint = "check the delimiter and the decimal sign (delimiter=, decimal=)";
  for (const Column& column : frame.columns) {
    if (column.labels.empty()) continue;
    const std::string& label = column.labels.front();
    const bool signs = number_with_signs(label);
    if (signs) hint = "write bare numbers in the file, without signs of currency, percent or unit";
    if (signs || example.empty())
      example = ": \"" + column.name + "\" holds text such as " + quote_cell(label);
    if (signs) break;
  }
  fail_data("data.no_numbers", frame.source, "no column holds numbers to forecast" + example, hint);
}

template <class T>
void take(std::vector<T>& all, std::span<const int64_t> rows, T nothing) {
  if (all.empty()) return;
  std::vector<T> taken;
  taken.reserve(rows.size());
  for (const int64_t row : rows) taken.push_back(row < 0 ? nothing : all[static_cast<size_t>(row)]);
  all = std::move(taken);
}

}  // namespace

const std::string& Column::text(int64_t row) const {
  static const std::string nothing;
  const int32_t code = codes[static_cast<size_t>(row)];
  return code < 0 ? nothing : labels[static_cast<size_t>(code)];
}

const Column* Frame::find(const std::string& name) const {
  for (const Column& column : columns)
    if (column.name == name) return &column;
  return nullptr;
}

const Column& Frame::column(const std::string& name, const std::string& option) const {
  if (const Column* found = find(name)) return *found;
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  const std::string nearest = suggest(name, names);
  fail_data("data.unknown_column", source,
            option + "=" + name + ": the file has no column \"" + name + "\"",
            nearest.empty() ? "its columns are " + quoted_list(names) : nearest);
}

std::span<const double> Frame::numbers(const std::string& name, const std::string& option) const {
  const Column& found = column(name, option);
  if (!found.numeric() && found.labels.empty())
    fail_data("data.all_missing", source, "column \"" + name + "\" has no value at all",
              "choose another column for " + option);
  if (!found.numeric())
    fail_data("data.not_numeric", source,
              "column \"" + name + "\" holds text such as " + quote_cell(found.labels.front()) +
                  ", and " + option + " needs numbers",
              "numeric columns are " + quoted_list(numeric_names()));
  if (found.problem) {
    const CellProblem& problem = *found.problem;
    const std::string others =
        problem.count > 1 ? " (and " + std::to_string(problem.count - 1) + " more such cells)" : "";
    fail_data(problem.id, source + ":" + std::to_string(problem.row), problem.message + others,
              problem.hint);
  }
  return found.values;
}

std::vector<std::string> Frame::numeric_names() const {
  std::vector<std::string> names;
  for (const Column& column : columns)
    if (column.numeric()) names.push_back(column.name);
  return names;
}

std::string Frame::where(int64_t row) const {
  const int64_t line = row >= 0 && row < rows() ? row_numbers[static_cast<size_t>(row)] : 0;
  return line > 0 ? source + ":" + std::to_string(line) : source;
}

std::string Frame::label(int64_t row) const {
  return time.empty() ? row_text(row) : format(time[static_cast<size_t>(row)]);
}

std::string Frame::row_text(int64_t row) const {
  const int64_t line = row_numbers[static_cast<size_t>(row)];
  return line > 0 ? "row " + std::to_string(line) : "a row filled in";
}

std::string Frame::format(Timestamp when) const {
  return TimeFormat(time_pattern.empty() ? "%Y-%m-%d %H:%M:%S" : time_pattern)
      .format(when, zone_seconds);
}

std::string choose_target(const Frame& frame, const std::string& wanted) {
  if (!wanted.empty()) {
    frame.numbers(wanted, "target");
    return wanted;
  }
  const std::vector<std::string> names = frame.numeric_names();
  for (const Column& column : frame.columns)
    if (names.empty() && !column.numeric() && column.labels.empty())
      fail_data("data.all_missing", frame.source,
                "column \"" + column.name + "\" has no value at all");
  if (names.empty()) fail_no_numbers(frame);
  if (names.size() > 1)
    fail_config("config.target", frame.source,
                "which column is to be forecast? " + std::to_string(names.size()) +
                    " columns hold numbers: " + quoted_list(names),
                "say for instance target=" + names.back());
  frame.numbers(names.front(), "target");
  return names.front();
}

Frame slice(const Frame& frame, int64_t first, int64_t last) {
  std::vector<int64_t> rows(static_cast<size_t>(last - first));
  std::iota(rows.begin(), rows.end(), first);
  return gather(frame, rows);
}

Frame gather(Frame frame, std::span<const int64_t> rows) {
  for (Column& column : frame.columns) {
    take(column.values, rows, std::numeric_limits<double>::quiet_NaN());
    take(column.codes, rows, int32_t{-1});
  }
  take(frame.time, rows, Timestamp{0});
  take(frame.row_numbers, rows, int64_t{0});
  return frame;
}

}  // namespace sluice

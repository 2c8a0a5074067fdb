#include "sluice/data/csv.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>

#include "sluice/base/error.h"
#include "sluice/data/cell_text.h"
#include "sluice/data/csv_column.h"
#include "sluice/data/csv_dialect.h"
#include "sluice/data/csv_rows.h"
#include "sluice/data/csv_time.h"

namespace sluice {
namespace {

constexpr size_t sample_rows = 1000;

std::string delimiter_name(char delimiter) {
  return delimiter == '\t' ? "tab" : delimiter == blanks ? "blanks" : std::string(1, delimiter);
}

// Reads one file: looks at its first rows, settles how it is written, then takes row after row.
class CsvReader {
 public:
  CsvReader(TextSource& source, const std::string& name, const CsvOptions& options)
      : lines_(source, name), options_(options) {
    frame_.source = name;
  }

  Frame read() {
    open();
    take_sample();
    settle_header();
    settle_columns();
    for (size_t i = 0; i < sample_.rows.size(); ++i) {
      cells_.assign(sample_.rows[i].begin(), sample_.rows[i].end());
      add_row(cells_, sample_.lines[i]);
    }
    while (rows_->next()) add_row(rows_->cells(), rows_->line());
    return finish();
  }

 private:
  void open() {
    if (lines_.empty()) fail_data("data.empty", frame_.source, "the file is empty");
    std::string_view line;
    for (int i = 0; i < options_.skip_rows; ++i) lines_.next(line);
    char delimiter = options_.delimiter.empty() ? take_named_delimiter() : 0;
    if (delimiter != 0) {
      frame_.notes.push_back("cells are separated by " + delimiter_name(delimiter) +
                             ", as the first line says");
    } else if (options_.delimiter.empty()) {
      std::vector<std::string_view> ahead = lines_.peek(200);
      std::erase_if(ahead, [&](std::string_view text) {
        return text.find_first_not_of(" \t") == std::string_view::npos ||
               (!options_.comment.empty() && text.starts_with(options_.comment));
      });
      delimiter = infer_delimiter(ahead);
      if (delimiter != ',')
        frame_.notes.push_back("cells are separated by " + delimiter_name(delimiter));
    } else {
      delimiter = parse_delimiter(options_.delimiter);
    }
    blanks_ = delimiter == blanks;
    rows_ = std::make_unique<CsvRows>(lines_, delimiter, options_.comment);
  }

  // Excel's own first line, "sep=;", is passed over; 0 if it is not there.
  char take_named_delimiter() {
    const std::vector<std::string_view> ahead = lines_.peek(1);
    if (ahead.empty() || ahead[0].size() != 5 || !ahead[0].starts_with("sep=")) return 0;
    const char delimiter = ahead[0][4];
    std::string_view line;
    lines_.next(line);
    return delimiter;
  }

  void take_sample() {
    while (sample_.rows.size() <= sample_rows && rows_->next()) {
      if (sample_.rows.empty() && rows_->cells().size() == 1) rows_->keep_blank();
      sample_.rows.emplace_back(rows_->cells().begin(), rows_->cells().end());
      sample_.lines.push_back(rows_->line());
    }
    if (sample_.rows.empty()) fail_data("data.empty", frame_.source, "the file holds no rows");
  }

  void settle_header() {
    const bool header = options_.header ? *options_.header : infer_header(sample_);
    std::vector<std::string> first;
    width_ = sample_.rows[0].size();
    if (header) {
      first = std::move(sample_.rows[0]);
      for (const std::string& name : first)
        if (!is_utf8(name))
          fail_data("data.encoding", where(sample_.lines[0]), "the column names are not UTF-8 text",
                    "save the file as UTF-8");
      sample_.rows.erase(sample_.rows.begin());
      header_line_ = sample_.lines[0];
      sample_.lines.erase(sample_.lines.begin());
      if (sample_.rows.empty())
        fail_data("data.no_rows", frame_.source, "the file has a header but no rows");
    }
    named_ = first;
    named_.resize(width_);
    names_ = column_names(std::move(first), width_, frame_.notes);
    for (size_t i = 0; i < sample_.rows.size(); ++i) check_width(sample_.rows[i], sample_.lines[i]);
  }

  // A row may only be longer than the header by one empty cell: a delimiter at its end.
  template <class Cells>
  void check_width(const Cells& cells, int64_t line) const {
    const size_t count = cells.size();
    if (count == width_ || (count == width_ + 1 && cells[width_].empty())) return;
    const std::string first = header_line_ > 0 ? "the header" : "the first row";
    std::string hint = "complete the row or take it out";
    if (count > width_) hint = "put cells that hold the delimiter in quotes, or say delimiter=";
    if (blanks_ && header_line_ > 0)
      hint = "if names hold blanks, put them in quotes or leave them out (skip_rows=)";
    if (width_ == 1) hint = "if the first lines are no part of the table, say skip_rows=";
    fail_data("data.ragged_row", where(line),
              "the row has " + std::to_string(count) + (count == 1 ? " cell" : " cells") +
                  " where " + first + " has " + std::to_string(width_),
              hint);
  }

  void settle_columns() {
    numbers_ = std::make_unique<NumberReader>(infer_number_style(sample_, options_, frame_.notes),
                                              options_.missing_words);
    TimePlan plan = plan_time(frame_.source, names_, sample_, options_);
    const std::vector<size_t> time_columns = plan.columns;
    if (time_columns.empty()) {
      if (options_.time.empty())
        frame_.notes.push_back("no column of dates is known: rows are counted");
    } else {
      time_ = std::make_unique<TimeBuilder>(std::move(plan), frame_.source);
    }
    for (const std::string& wanted : options_.columns)
      if (std::find(names_.begin(), names_.end(), wanted) == names_.end()) fail_unknown(wanted);
    for (size_t j = 0; j < names_.size(); ++j) {
      if (std::find(time_columns.begin(), time_columns.end(), j) != time_columns.end()) continue;
      if (!wanted(j)) continue;
      std::vector<std::string_view> column;
      for (const auto& row : sample_.rows) column.emplace_back(row[j]);
      kept_.push_back(j);
      builders_.emplace_back(names_[j], holds_numbers(column, *numbers_), *numbers_);
    }
  }

  [[noreturn]] void fail_unknown(const std::string& name) const {
    const std::string nearest = suggest(name, names_);
    fail_data("data.unknown_column", frame_.source, "the file has no column \"" + name + "\"",
              nearest);
  }

  // Not: what nobody asked for, and the empty column that delimiters at the line ends make.
  bool wanted(size_t j) const {
    if (!options_.columns.empty())
      return std::find(options_.columns.begin(), options_.columns.end(), names_[j]) !=
             options_.columns.end();
    if (header_line_ == 0 || !named_[j].empty()) return true;
    return std::any_of(sample_.rows.begin(), sample_.rows.end(),
                       [&](const auto& row) { return !row[j].empty(); });
  }

  void add_row(std::span<const std::string_view> cells, int64_t line) {
    check_width(cells, line);
    if (time_) time_->add(cells, line);
    for (size_t k = 0; k < kept_.size(); ++k)
      builders_[k].add(cells[kept_[k]], line, frame_.source);
    frame_.row_numbers.push_back(line);
    blank_tail_ = width_ == 1 && cells[0].empty() ? blank_tail_ + 1 : 0;
  }

  Frame finish() {
    for (; width_ == 1 && blank_tail_ > 0; --blank_tail_) drop_blank_row();
    if (frame_.row_numbers.empty())
      fail_data("data.no_rows", frame_.source, "the file has no rows");
    if (time_) time_->finish(frame_);
    for (ColumnBuilder& builder : builders_) {
      for (const std::string& note : builder.notes()) frame_.notes.push_back(note);
      frame_.columns.push_back(builder.finish());
    }
    leave_out_counters();
    return std::move(frame_);
  }

  // Blank lines at the end of a file of one column are no missing values.
  void drop_blank_row() {
    frame_.row_numbers.pop_back();
    for (ColumnBuilder& builder : builders_) builder.drop_last();
  }

  // The row number that a table tool wrote in front is no series.
  void leave_out_counters() {
    while (options_.columns.empty() && frame_.columns.size() > 1 && is_counter(frame_.columns[0])) {
      frame_.notes.push_back("column \"" + frame_.columns[0].name +
                             "\" counts the rows and is left out");
      frame_.columns.erase(frame_.columns.begin());
    }
  }

  bool is_counter(const Column& column) const {
    static constexpr std::array words = {"column_1", "index", "Unnamed: 0", "step", "t",  "time",
                                         "row",      "id",    "n",          "no",   "obs"};
    const bool named = std::any_of(words.begin(), words.end(),
                                   [&](const char* word) { return column.name == word; });
    const std::vector<double>& values = column.values;
    if (header_line_ == 0 || !named || !column.numeric() || values.size() < 2) return false;
    const double step = (values.back() - values.front()) / static_cast<double>(values.size() - 1);
    for (size_t i = 0; i < values.size(); ++i) {
      const double expected = values.front() + step * static_cast<double>(i);
      // Times such as 1949.083 are rounded.
      if (!(std::abs(values[i] - expected) <= 0.1 * step)) return false;
    }
    return step > 0;
  }

  std::string where(int64_t line) const { return frame_.source + ":" + std::to_string(line); }

  LineReader lines_;
  const CsvOptions& options_;
  Frame frame_;
  std::unique_ptr<CsvRows> rows_;
  CsvSample sample_;
  std::vector<std::string_view> cells_;
  size_t width_ = 0;
  int64_t header_line_ = 0;
  bool blanks_ = false;
  std::vector<std::string> named_;  // header as it stands
  std::vector<std::string> names_;
  std::unique_ptr<NumberReader> numbers_;
  std::unique_ptr<TimeBuilder> time_;
  std::vector<size_t> kept_;
  std::vector<ColumnBuilder> builders_;
  int64_t blank_tail_ = 0;
};

}  // namespace

Frame read_csv(const std::string& path, const CsvOptions& options) {
  const std::unique_ptr<TextSource> source = open_text(path);
  return CsvReader(*source, path, options).read();
}

Frame read_csv_text(std::string_view text, const std::string& name, const CsvOptions& options) {
  const std::unique_ptr<TextSource> source = memory_text(text);
  return CsvReader(*source, name, options).read();
}

}  // namespace sluice

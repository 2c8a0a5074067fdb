// Finding the time columns of a CSV file on its first rows.

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "sluice/base/error.h"
#include "sluice/data/cell_text.h"
#include "sluice/data/csv_time.h"
#include "sluice/data/time_guess.h"

namespace sluice {
namespace {

// In small letters, and without the brackets of "<DATE>" and "[date]".
std::string plain_word(std::string text) {
  if (text.size() > 2 && std::string("<[").find(text.front()) != std::string::npos)
    text = text.substr(1, text.size() - 2);
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

bool speaks_of_time(const std::string& name) {
  static constexpr std::array words = {
      "date", "datetime", "timestamp", "time",     "ds",        "month", "year", "period", "day",
      "week", "quarter",  "yyyymm",    "yyyymmdd", "yearmonth", "日期",  "时间", "月份",   "年份"};
  const std::string word = plain_word(name);
  return std::any_of(words.begin(), words.end(), [&](const char* w) { return word == w; });
}

// A part of a date that has a column of its own.
struct Part {
  const char* name;
  const char* pattern;
  const char* output;  // what it adds to the written form
};
constexpr std::array parts = {
    Part{"year", "%Y", "%Y"},   Part{"yr", "%Y", "%Y"},    Part{"quarter", "%q", "-Q%q"},
    Part{"month", "%m", "-%m"}, Part{"mnth", "%m", "-%m"}, Part{"mon", "%m", "-%m"},
    Part{"day", "%d", "-%d"},   Part{"dy", "%d", "-%d"},   Part{"hour", "%H", " %H:00"},
    Part{"hr", "%H", " %H:00"},
};

// Numbers as Excel stores dates: days of the years 1954 to 2119, running one way.
bool like_excel_days(const std::vector<std::string>& texts) {
  static const TimeFormat days("excel");
  const Timestamp first = days.parse("20000")->time, last = days.parse("80000")->time;
  std::vector<Timestamp> times;
  for (const std::string& text : texts) {
    const auto parsed = days.parse(text);
    if (!parsed || parsed->time < first || parsed->time > last) return false;
    times.push_back(parsed->time);
  }
  if (times.size() < 3) return false;
  return std::ranges::adjacent_find(times, std::greater_equal<>()) == times.end() ||
         std::ranges::adjacent_find(times, std::less_equal<>()) == times.end();
}

const Part* part_of(const std::string& name) {
  const std::string word = plain_word(name);
  for (const Part& part : parts)
    if (word == part.name) return &part;
  return nullptr;
}

class Planner {
 public:
  Planner(const std::string& source, const std::vector<std::string>& names, const CsvSample& sample,
          const CsvOptions& options)
      : source_(source), names_(names), sample_(sample), options_(options) {}

  TimePlan plan() {
    if (options_.time.size() == 1 && options_.time[0] == "none") return {};
    if (!options_.time.empty()) return given();
    if (!options_.time_format.empty()) return column_of_format();
    if (auto found = from_dates()) return *found;
    if (auto found = from_compact(false)) return *found;
    if (auto found = from_parts()) return *found;
    if (auto found = from_compact(true)) return *found;
    refuse_unreadable();
    return {};
  }

 private:
  // The cells of the columns, joined; rows with an empty one are passed over here and refused when
  // they are read.
  std::vector<std::string> cells(const std::vector<size_t>& columns) const {
    std::vector<std::string> all;
    for (const auto& row : sample_.rows) {
      std::string text;
      bool whole = true;
      for (const size_t column : columns) {
        whole = whole && column < row.size() && !row[column].empty();
        if (whole) text += (text.empty() ? "" : " ") + row[column];
      }
      if (whole) all.push_back(text);
    }
    return all;
  }

  TimePlan make(const std::vector<size_t>& columns, const std::vector<std::string>& patterns,
                const std::vector<std::string>& texts) const {
    TimePlan plan;
    plan.columns = columns;
    for (const size_t column : columns)
      plan.name += (plan.name.empty() ? "" : ";") + names_[column];
    plan.pattern = in_style_of(patterns[0], texts);
    if (patterns.size() > 1 && swapped(patterns[0], patterns[1]))
      plan.alternative = in_style_of(patterns[1], texts);
    return plan;
  }

  // "%d/%m/…" and "%m/%d/…" of the same shape.
  static bool swapped(std::string a, const std::string& b) {
    const size_t day = a.find("%d"), month = a.find("%m");
    if (day == std::string::npos || month == std::string::npos) return false;
    std::swap(a[day + 1], a[month + 1]);
    return a == b;
  }

  std::optional<TimePlan> fitting(const std::vector<size_t>& columns, TimePatterns family) const {
    const std::vector<std::string> texts = cells(columns);
    const PatternFit fit = fit_patterns(texts, family);
    // A misfit is refused with its row, the first here and others when the rows are read; but it
    // takes more than a few readable cells to make a column of dates.
    if (texts.empty()) return std::nullopt;
    if (fit.first_misfit >= 0 && 2 * readable(texts) < texts.size()) return std::nullopt;
    if (fit.first_misfit == 0) refuse(columns);
    if (fit.patterns.empty()) return std::nullopt;
    return make(columns, fit.patterns, texts);
  }

  static size_t readable(const std::vector<std::string>& texts) {
    return static_cast<size_t>(std::count_if(texts.begin(), texts.end(), looks_like_time));
  }

  TimePlan given() {
    std::vector<size_t> columns;
    for (const std::string& name : options_.time) columns.push_back(index_of(name));
    if (!options_.time_format.empty()) return make(columns, {options_.time_format}, cells(columns));
    if (auto plan = parts_plan(columns)) return *plan;
    for (const TimePatterns family : {TimePatterns::dated, TimePatterns::compact})
      if (auto plan = fitting(columns, family)) return *plan;
    refuse(columns);
  }

  size_t index_of(const std::string& name) const {
    for (size_t j = 0; j < names_.size(); ++j)
      if (names_[j] == name) return j;
    const std::string nearest = suggest(name, names_);
    fail_data("data.unknown_column", source_, "time=" + name + ": the file has no such column",
              nearest.empty() ? "say time=none if it has no dates" : nearest);
  }

  // time_format alone: the first column that it reads.
  TimePlan column_of_format() const {
    const TimeFormat format(options_.time_format);
    size_t best = 0;
    for (size_t j = names_.size(); j-- > 0;) {
      const std::vector<std::string> texts = cells({j});
      if (!texts.empty() && format.parse(texts.front())) best = j;
    }
    return make({best}, {options_.time_format}, cells({best}));
  }

  // year, month, day, hour (or year, quarter) as columns of their own.
  std::optional<TimePlan> from_parts() const {
    std::vector<size_t> columns;
    for (const char* unit : {"%Y", "%q", "%m", "%d", "%H"})
      for (size_t j = 0; j < names_.size(); ++j)
        if (const Part* part = part_of(names_[j]);
            part != nullptr && unit == std::string(part->pattern))
          columns.push_back(j);
    const auto pattern = [&](size_t i) {
      return std::string(part_of(names_[columns[i]])->pattern);
    };
    if (columns.size() < 2 || pattern(0) != "%Y" || (pattern(1) != "%q" && pattern(1) != "%m"))
      return std::nullopt;
    return parts_plan(columns);
  }

  std::optional<TimePlan> parts_plan(const std::vector<size_t>& columns) const {
    const std::vector<std::string> texts = cells(columns);
    std::string pattern, output;
    for (const size_t column : columns) {
      const Part* part = part_of(names_[column]);
      if (part == nullptr || columns.size() < 2) return std::nullopt;
      pattern += (pattern.empty() ? "" : " ") + std::string(part->pattern);
      output += part->output;
    }
    for (const auto& [from, to] : {std::pair{"", ""}, {"%m", "%b"}, {"%q", "Q%q"}}) {
      std::string spelled = pattern;
      const size_t at = *from != '\0' ? spelled.find(from) : 0;
      if (at == std::string::npos) continue;
      spelled.replace(at, std::char_traits<char>::length(from), to);
      if (texts.empty() || !TimeFormat(spelled).parse(texts.front())) continue;
      TimePlan plan = make(columns, {spelled}, texts);
      plan.output = output;
      return plan;
    }
    return std::nullopt;
  }

  // The leftmost column of dates, with a time of day beside it if there is one.
  std::optional<TimePlan> from_dates() const {
    for (size_t j = 0; j < names_.size(); ++j) {
      auto plan = fitting({j}, TimePatterns::dated);
      if (!plan) continue;
      if (plan->pattern.find("%H") != std::string::npos ||
          plan->pattern.find("%I") != std::string::npos)
        return plan;
      for (size_t k = 0; k < names_.size(); ++k) {
        if (k == j) continue;
        const Part* part = part_of(names_[k]);
        const bool hours = part != nullptr && part->pattern == std::string("%H");
        if (hours || (k == j + 1 && holds_time_of_day(k)) ||
            (speaks_of_time(names_[k]) && holds_time_of_day(k)))
          if (auto both = fitting({j, k}, TimePatterns::dated)) return both;
      }
      return plan;
    }
    return std::nullopt;
  }

  bool holds_time_of_day(size_t column) const {
    const std::vector<std::string> texts = cells({column});
    const PatternFit fit = fit_patterns(texts, TimePatterns::time_of_day);
    return !fit.patterns.empty() && fit.first_misfit < 0;
  }

  // Digits alone are dates only where the column's name says so, or all are whole dates in front.
  std::optional<TimePlan> from_compact(bool years) const {
    for (size_t j = 0; j < names_.size(); ++j) {
      const bool named = speaks_of_time(names_[j]);
      if (!named && j > 0) continue;
      const std::vector<std::string> texts = cells({j});
      const PatternFit fit = fit_patterns(texts, TimePatterns::compact);
      if (fit.patterns.empty() || fit.first_misfit >= 0) continue;
      if ((fit.patterns[0] == "%Y") != years) continue;
      if (named || (texts.size() > 2 && fit.patterns[0] == "%Y%m%d"))
        return make({j}, fit.patterns, texts);
    }
    return std::nullopt;
  }

  // A column called "date" that holds no date is a question, not a text column.
  void refuse_unreadable() const {
    for (size_t j = 0; j < names_.size(); ++j) {
      static constexpr std::array sure = {"date", "datetime", "timestamp", "ds", "日期"};
      const std::string name = plain_word(names_[j]);
      const std::vector<std::string> texts = cells({j});
      static constexpr std::array counted = {"time", "ts", "epoch", "unix", "unix_time"};
      const bool epoch = std::ranges::find(counted, name) != counted.end() && !texts.empty() &&
                         texts[0].size() >= 10 &&
                         texts[0].find_first_not_of("0123456789") == std::string::npos;
      const bool excel = speaks_of_time(names_[j]) && like_excel_days(texts);
      if (epoch || excel ||
          (!texts.empty() &&
           std::any_of(sure.begin(), sure.end(), [&](const char* w) { return name == w; })))
        refuse({j});
    }
  }

  [[noreturn]] void refuse(const std::vector<size_t>& columns) const {
    const std::vector<std::string> texts = cells(columns);
    std::string name;
    for (const size_t column : columns) name += (name.empty() ? "" : ";") + names_[column];
    const std::string text = texts.empty() ? "" : texts.front();
    const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
    std::string hint =
        "say how to read it, for instance time_format=\"%d/%m/%Y %H:%M\", or "
        "time=none to count the rows";
    if (digits && text.size() == 10)
      hint = "if it counts seconds since 1970, say time_format=epoch";
    if (digits && text.size() == 13)
      hint = "if it counts milliseconds since 1970, say time_format=epoch_ms";
    if (like_excel_days(texts))
      hint = "if it counts days as Excel does, which makes this " +
             format_time(TimeFormat("excel").parse(text)->time, "%Y-%m-%d") +
             ", say time_format=excel, else time=none";
    fail_data("data.time", source_ + ":" + std::to_string(first_line(columns)),
              "column \"" + name + "\": " + quote_cell(text) + " is no date in a format known here",
              hint);
  }

  int64_t first_line(const std::vector<size_t>& columns) const {
    for (size_t i = 0; i < sample_.rows.size(); ++i)
      if (std::all_of(columns.begin(), columns.end(), [&](size_t column) {
            return column < sample_.rows[i].size() && !sample_.rows[i][column].empty();
          }))
        return sample_.lines[i];
    return sample_.lines.front();
  }

  const std::string& source_;
  const std::vector<std::string>& names_;
  const CsvSample& sample_;
  const CsvOptions& options_;
};

}  // namespace

TimePlan plan_time(const std::string& source, const std::vector<std::string>& names,
                   const CsvSample& sample, const CsvOptions& options) {
  return Planner(source, names, sample, options).plan();
}

}  // namespace sluice

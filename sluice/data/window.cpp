#include "sluice/data/window.h"

#include <algorithm>
#include <cmath>

#include "sluice/base/error.h"

namespace sluice {
namespace {

// Cuts windows out of one source; rows are counted as in the source.
class Cutter {
 public:
  Cutter(const WindowSource& source, const WindowOptions& options)
      : source_(source),
        options_(options),
        rows_(static_cast<int64_t>(source.target.values.size())) {
    check_options();
    if (source_.target_as_input && !options_.same_step) inputs_.push_back(source_.target);
    inputs_.insert(inputs_.end(), source_.past.begin(), source_.past.end());
    calendar_ = calendar_width(source_.calendar);
    if (features() == 0)
      fail_config("config.window", "past", "the windows have no input",
                  "name columns with past=, or calendar features");
  }

  // Numbers a step of x holds.
  int64_t features() const {
    const auto columns = static_cast<int64_t>(inputs_.size());
    const bool with_calendar = options_.calendar == CalendarPlacement::inputs;
    if (!options_.lookback_as_features) return columns + (with_calendar ? calendar_ : 0);
    return options_.lookback * columns + (with_calendar ? options_.horizon * calendar_ : 0);
  }

  WindowSet cut_all() {
    const int64_t known = first_known_row();
    check_known(known);
    return cut(origins(known), true);
  }

  WindowSet cut_one(int64_t origin) {
    const int64_t known = first_known_row();
    if (origin >= rows_ || origin - options_.lookback + 1 < std::max(known, options_.input_begin))
      fail_short(origin + 1 - std::max(known, options_.input_begin), options_.lookback);
    return cut({origin}, false);
  }

 private:
  void check_options() const {
    const auto at_least_one = [](int value, const char* name) {
      if (value < 1)
        fail_config("config.window", name,
                    std::string(name) + "=" + std::to_string(value) + " is below 1",
                    "give 1 or more");
    };
    at_least_one(options_.lookback, "lookback");
    at_least_one(options_.horizon, "horizon");
    at_least_one(options_.step, "step");
    if (options_.whole_series && options_.lookback > 1 && !options_.lookback_as_features)
      fail_config("config.window", "whole_series",
                  "the whole series as one window has one step a row",
                  "say lookback=1, or lookback_as=features");
    if (options_.same_step && source_.target.relative)
      fail_config("config.window", "same_step",
                  "a target at the same step cannot be taken relative to its last known value",
                  "leave last_value out of the transforms");
    if (options_.same_step && options_.horizon > options_.lookback)
      fail_config("config.window", "horizon",
                  "horizon " + std::to_string(options_.horizon) + " is longer than lookback " +
                      std::to_string(options_.lookback) + ", and the target is at the same step",
                  "make lookback at least as long");
    if (!source_.calendar.empty() && source_.time.empty())
      fail_config("config.calendar", "calendar", "calendar features need a file with dates",
                  "leave calendar out, or name the column of dates with time=");
    for (const WindowColumn& column : source_.past)
      if (static_cast<int64_t>(column.values.size()) != rows_)
        fail_config("config.window", "past", "the columns have different lengths");
  }

  // The row after every column's leading NaN.
  int64_t first_known_row() const {
    int64_t first = 0;
    const auto after_nan = [&](const WindowColumn& column) {
      const auto known = std::find_if(column.values.begin(), column.values.end(),
                                      [](double value) { return !std::isnan(value); });
      first = std::max<int64_t>(first, known - column.values.begin());
    };
    after_nan(source_.target);
    for (const WindowColumn& column : source_.past) after_nan(column);
    return first;
  }

  void check_known(int64_t first) const {
    const auto check = [&](const WindowColumn& column) {
      for (int64_t row = first; row < rows_; ++row)
        if (!std::isfinite(column.values[row]))
          fail_data("data.missing", source_.name,
                    "a value is missing in the middle of the series (value " +
                        std::to_string(row + 1) + " of " + std::to_string(rows_) + ")",
                    "fill missing values before windows are cut");
    };
    check(source_.target);
    for (const WindowColumn& column : source_.past) check(column);
  }

  std::vector<int64_t> origins(int64_t known) const {
    const int64_t lookback = options_.lookback, horizon = options_.horizon;
    const int64_t begin = std::max(known, options_.input_begin);
    const int64_t end = options_.target_end < 0 ? rows_ : std::min(options_.target_end, rows_);
    // The first target row is origin + first_target, the last origin + first_target + horizon - 1.
    const int64_t first_target = options_.same_step ? 1 - horizon : 1;
    const int64_t target_begin = std::max(options_.target_begin, known);
    const int64_t first = std::max(begin + lookback - 1, target_begin - first_target);
    const int64_t last = end - first_target - horizon;
    if (first > last)
      fail_short(end - std::min(begin, end), lookback + (options_.same_step ? 0 : horizon));
    std::vector<int64_t> all;
    for (int64_t origin = first; origin <= last; origin += options_.step) all.push_back(origin);
    return all;
  }

  [[noreturn]] void fail_short(int64_t there, int64_t needed) const {
    std::string message = "lookback " + std::to_string(options_.lookback);
    if (!options_.same_step) message += " and horizon " + std::to_string(options_.horizon);
    message += " take " + std::to_string(needed) + " rows, and " +
               std::to_string(std::max<int64_t>(there, 0)) + " are there to cut windows from";
    if (there >= needed) message += " before the targets must begin";
    fail_data("data.too_short", source_.name, message,
              "shorten lookback or horizon, or give more rows");
  }

  Timestamp time_at(int64_t row) const {
    const auto known = static_cast<int64_t>(source_.time.size());
    if (row < known) return source_.time[row];
    return advance(source_.frequency, source_.time[known - 1], row - known + 1);
  }

  int64_t first_target(int64_t origin) const {
    return options_.same_step ? origin - options_.horizon + 1 : origin + 1;
  }

  // Calendar features of every row from the first input to the last target, computed once.
  void prepare_calendar(const std::vector<int64_t>& origins) {
    if (calendar_ == 0) return;
    table_begin_ = origins.front() - options_.lookback + 1;
    const int64_t end = origins.back() + 1 + (options_.same_step ? 0 : options_.horizon);
    table_.resize(static_cast<size_t>((end - table_begin_) * calendar_));
    for (int64_t row = table_begin_; row < end; ++row)
      fill_calendar(
          source_.calendar, time_at(row),
          std::span<double>(table_).subspan(static_cast<size_t>((row - table_begin_) * calendar_),
                                            static_cast<size_t>(calendar_)));
  }

  WindowSet cut(std::vector<int64_t> origins, bool with_targets) {
    prepare_calendar(origins);
    const auto count = static_cast<int64_t>(origins.size());
    const int64_t steps = options_.lookback_as_features ? 1 : options_.lookback;
    WindowSet set;
    set.origin = std::move(origins);
    set.x = Tensor::uninitialized({count, steps, features()}, options_.dtype);
    if (with_targets) set.y = Tensor::uninitialized({count, options_.horizon}, options_.dtype);
    if (calendar_ > 0)
      set.known = Tensor::uninitialized({count, options_.horizon, calendar_}, options_.dtype);
    for (const int64_t origin : set.origin)
      set.base.push_back(source_.target.relative ? source_.target.values[origin] : 0);
    dispatch(options_.dtype, [&](auto number) { fill<decltype(number)>(set); });
    if (options_.whole_series) as_one_sequence(set, count);
    return set;
  }

  template <class T>
  void fill(WindowSet& set) const {
    T* x = set.x.data<T>();
    T* y = set.y.defined() ? set.y.data<T>() : nullptr;
    T* known = set.known.defined() ? set.known.data<T>() : nullptr;
    for (size_t i = 0; i < set.origin.size(); ++i) {
      const int64_t origin = set.origin[i];
      x = fill_input(x, origin);
      for (int64_t h = 0; h < options_.horizon; ++h) {
        const int64_t row = first_target(origin) + h;
        if (y != nullptr) *y++ = static_cast<T>(source_.target.values[row] - set.base[i]);
        if (known != nullptr) known = copy_calendar(known, row);
      }
    }
  }

  template <class T>
  T* fill_input(T* x, int64_t origin) const {
    const bool with_calendar = options_.calendar == CalendarPlacement::inputs && calendar_ > 0;
    const int64_t ahead = options_.same_step ? 0 : options_.horizon;
    for (int64_t row = origin - options_.lookback + 1; row <= origin; ++row) {
      for (const WindowColumn& column : inputs_)
        *x++ = static_cast<T>(column.values[row] - (column.relative ? column.values[origin] : 0));
      if (with_calendar && !options_.lookback_as_features) x = copy_calendar(x, row + ahead);
    }
    if (with_calendar && options_.lookback_as_features)
      for (int64_t h = 0; h < options_.horizon; ++h) x = copy_calendar(x, first_target(origin) + h);
    return x;
  }

  template <class T>
  T* copy_calendar(T* out, int64_t row) const {
    const double* from = table_.data() + (row - table_begin_) * calendar_;
    return std::transform(from, from + calendar_, out,
                          [](double value) { return static_cast<T>(value); });
  }

  void as_one_sequence(WindowSet& set, int64_t count) const {
    set.x = set.x.reshape({1, count, features()});
    if (set.y.defined()) set.y = set.y.reshape({1, count, options_.horizon});
    if (set.known.defined()) set.known = set.known.reshape({1, count, options_.horizon, calendar_});
  }

  const WindowSource& source_;
  const WindowOptions& options_;
  int64_t rows_;
  std::vector<WindowColumn> inputs_;
  int64_t calendar_ = 0;
  std::vector<double> table_;
  int64_t table_begin_ = 0;
};

}  // namespace

WindowSet make_windows(const WindowSource& source, const WindowOptions& options) {
  return Cutter(source, options).cut_all();
}

WindowSet forecast_window(const WindowSource& source, const WindowOptions& options,
                          int64_t origin) {
  return Cutter(source, options).cut_one(origin);
}

int window_features(const WindowSource& source, const WindowOptions& options) {
  return static_cast<int>(Cutter(source, options).features());
}

}  // namespace sluice

// Transforms value by value: nothing, logarithm, and the two linear scalings.

#include <algorithm>
#include <cmath>

#include "sluice/base/error.h"
#include "sluice/data/transform_kinds.h"

namespace sluice {
namespace {

std::string value_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string column_of(const SeriesPlace& place) {
  return place.column.empty() ? "the series" : "column \"" + place.column + "\"";
}

class None : public Transform {
 public:
  const char* name() const override { return "none"; }
  void fit(std::span<const double>, const SeriesPlace&) override {}
  void apply(std::span<double>, const SeriesPlace&) const override {}
  void invert(std::span<const double>, std::span<double>) const override {}
  void load(const SavedNumbers&) override {}
};

// The chain and the windows do its work; it only has a name and a place in files.
class LastValue : public None {
 public:
  const char* name() const override { return "last_value"; }
  bool per_window() const override { return true; }
};

class Log : public Transform {
 public:
  const char* name() const override { return "log"; }

  void fit(std::span<const double> train, const SeriesPlace& place) override {
    check(train, place);
  }
  void apply(std::span<double> series, const SeriesPlace& place) const override {
    check(series, place);
    for (double& value : series) value = std::log(value);
  }
  void invert(std::span<const double>, std::span<double> forecast) const override {
    for (double& value : forecast) value = std::exp(value);
  }
  void load(const SavedNumbers&) override {}

 private:
  static void check(std::span<const double> series, const SeriesPlace& place) {
    const auto bad =
        std::find_if(series.begin(), series.end(), [](double value) { return value <= 0; });
    if (bad != series.end())
      fail_data("data.not_positive", place.where(bad - series.begin()),
                column_of(place) + " holds " + value_text(*bad) +
                    ", and the logarithm needs positive values",
                "leave log out of the transforms");
  }
};

// z = (y − shift) / scale; what differs is how the two are learnt.
class Linear : public Transform {
 public:
  void apply(std::span<double> series, const SeriesPlace&) const override {
    for (double& value : series) value = (value - shift_) / scale_;
  }
  void invert(std::span<const double>, std::span<double> forecast) const override {
    for (double& value : forecast) value = value * scale_ + shift_;
  }

 protected:
  void refuse_constant(std::span<const double> train, const SeriesPlace& place) const {
    if (train.empty())
      fail_data("data.too_short", place.source,
                "no training row is left for " + std::string(name()) + " to learn from",
                "take more rows into training");
    const auto [low, high] = std::minmax_element(train.begin(), train.end());
    if (*low < *high) return;
    fail_data("data.constant", place.where(0),
              column_of(place) + " is " + value_text(*low) + " in all " +
                  std::to_string(train.size()) + " training rows, so " + name() +
                  " scaling is impossible",
              "say scale=none, or leave the column out");
  }
  double shift_ = 0, scale_ = 1;
};

class MinMax : public Linear {
 public:
  explicit MinMax(const TransformOptions& options) : low_(options.low), high_(options.high) {
    if (!(low_ < high_))
      fail_config("config.scale", "minmax", "the range must rise",
                  "give a lower end below the upper one");
  }
  const char* name() const override { return "minmax"; }

  void fit(std::span<const double> train, const SeriesPlace& place) override {
    refuse_constant(train, place);
    const auto [low, high] = std::minmax_element(train.begin(), train.end());
    scale_ = (*high - *low) / (high_ - low_);
    shift_ = *low - low_ * scale_;
  }
  SavedNumbers parameters() const override { return {{"shift", shift_}, {"scale", scale_}}; }
  void load(const SavedNumbers& numbers) override {
    shift_ = saved_number(numbers, "shift", 2, name());
    scale_ = saved_number(numbers, "scale", 2, name());
  }

 private:
  double low_, high_;
};

class Standard : public Linear {
 public:
  const char* name() const override { return "standard"; }

  void fit(std::span<const double> train, const SeriesPlace& place) override {
    refuse_constant(train, place);
    const auto count = static_cast<double>(train.size());
    shift_ = 0;
    for (const double value : train) shift_ += value / count;
    double squares = 0;
    for (const double value : train) squares += (value - shift_) * (value - shift_);
    scale_ = std::sqrt(squares / count);
  }
  SavedNumbers parameters() const override { return {{"mean", shift_}, {"sd", scale_}}; }
  void load(const SavedNumbers& numbers) override {
    shift_ = saved_number(numbers, "mean", 2, name());
    scale_ = saved_number(numbers, "sd", 2, name());
  }
};

}  // namespace

double saved_number(const SavedNumbers& numbers, const std::string& name, size_t expected,
                    const char* transform) {
  if (numbers.size() == expected)
    for (const auto& [key, value] : numbers)
      if (key == name && std::isfinite(value)) return value;
  fail_data("model.transform", "",
            "the numbers saved for the transform \"" + std::string(transform) +
                "\" lack a sound \"" + name + "\"",
            "the model file is damaged or was written by another version");
}

std::unique_ptr<Transform> make_none(const TransformOptions&) { return std::make_unique<None>(); }
std::unique_ptr<Transform> make_last_value(const TransformOptions&) {
  return std::make_unique<LastValue>();
}
std::unique_ptr<Transform> make_log(const TransformOptions&) { return std::make_unique<Log>(); }
std::unique_ptr<Transform> make_minmax(const TransformOptions& options) {
  return std::make_unique<MinMax>(options);
}
std::unique_ptr<Transform> make_standard(const TransformOptions&) {
  return std::make_unique<Standard>();
}

}  // namespace sluice

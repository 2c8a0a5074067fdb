// Transforms against an earlier step: the change or the ratio to the value `lag` steps before.

#include <algorithm>
#include <cmath>
#include <limits>

#include "sluice/base/error.h"
#include "sluice/data/transform_kinds.h"

namespace sluice {
namespace {

class Lagged : public Transform {
 public:
  explicit Lagged(int64_t lag) : lag_(lag) {}

  int64_t warmup() const override { return lag_; }

  void fit(std::span<const double> train, const SeriesPlace& place) override {
    const auto rows = static_cast<int64_t>(train.size());
    if (rows <= lag_)
      fail_data("data.too_short", place.source,
                std::string(name()) + " looks back " + std::to_string(lag_) +
                    (lag_ == 1 ? " step" : " steps") + ", and only " + std::to_string(rows) +
                    " training rows are there",
                "take more rows into training, or another season");
    check(train, place);
  }

  void apply(std::span<double> series, const SeriesPlace& place) const override {
    check(series, place);
    const auto rows = static_cast<int64_t>(series.size());
    for (int64_t i = rows; i-- > lag_;) series[i] = forward(series[i], series[i - lag_]);
    for (int64_t i = 0; i < std::min(lag_, rows); ++i)
      series[i] = std::numeric_limits<double>::quiet_NaN();
  }

  // Step h stands on the value lag steps before it: known up to the origin, then just taken back.
  void invert(std::span<const double> history, std::span<double> forecast) const override {
    const auto known = static_cast<int64_t>(history.size());
    for (int64_t h = 0; h < static_cast<int64_t>(forecast.size()); ++h)
      forecast[h] = back(forecast[h], h < lag_ ? history[known - lag_ + h] : forecast[h - lag_]);
  }

 protected:
  virtual double forward(double value, double earlier) const = 0;
  virtual double back(double value, double earlier) const = 0;
  virtual void check(std::span<const double>, const SeriesPlace&) const {}
  int64_t lag_;
};

class Difference : public Lagged {
 public:
  Difference() : Lagged(1) {}
  const char* name() const override { return "difference"; }
  void load(const SavedNumbers&) override {}

 protected:
  double forward(double value, double earlier) const override { return value - earlier; }
  double back(double value, double earlier) const override { return value + earlier; }
};

class Seasonal : public Lagged {
 public:
  using Lagged::Lagged;
  SavedNumbers parameters() const override { return {{"season", static_cast<double>(lag_)}}; }
  void load(const SavedNumbers& numbers) override {
    const double season = saved_number(numbers, "season", 1, name());
    if (!(season >= 1 && season <= 1e9 && season == std::floor(season)))
      fail_data("model.transform", "", "the saved season is no number of steps",
                "the model file is damaged");
    lag_ = static_cast<int64_t>(season);
  }
};

class SeasonalDifference : public Seasonal {
 public:
  using Seasonal::Seasonal;
  const char* name() const override { return "seasonal_difference"; }

 protected:
  double forward(double value, double earlier) const override { return value - earlier; }
  double back(double value, double earlier) const override { return value + earlier; }
};

class SeasonalRatio : public Seasonal {
 public:
  using Seasonal::Seasonal;
  const char* name() const override { return "seasonal_ratio"; }

 protected:
  double forward(double value, double earlier) const override { return value / earlier; }
  double back(double value, double earlier) const override { return value * earlier; }
  void check(std::span<const double> series, const SeriesPlace& place) const override {
    const auto bad =
        std::find_if(series.begin(), series.end(), [](double value) { return value <= 0; });
    if (bad == series.end()) return;
    fail_data("data.not_positive", place.where(bad - series.begin()),
              (place.column.empty() ? "the series" : "column \"" + place.column + "\"") +
                  " holds a value that is not positive, and a ratio to it means nothing",
              "take seasonal_difference instead");
  }
};

int64_t season_of(const TransformOptions& options, const char* name) {
  if (options.season < 1)
    fail_config("config.season", name,
                "the season of " + std::to_string(options.season) + " steps is too short",
                "say for instance season=12");
  return options.season;
}

}  // namespace

std::unique_ptr<Transform> make_difference(const TransformOptions&) {
  return std::make_unique<Difference>();
}
std::unique_ptr<Transform> make_seasonal_difference(const TransformOptions& options) {
  return std::make_unique<SeasonalDifference>(season_of(options, "seasonal_difference"));
}
std::unique_ptr<Transform> make_seasonal_ratio(const TransformOptions& options) {
  return std::make_unique<SeasonalRatio>(season_of(options, "seasonal_ratio"));
}

}  // namespace sluice

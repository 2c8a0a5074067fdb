#include "sluice/forecast/resolve.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "sluice/base/error.h"
#include "sluice/forecast/ridge_forecaster.h"

namespace sluice {
namespace {

// Below this many windows a network overfits at once: train on all of them in one batch with a
// jointly trained linear part. Above, a frozen ridge first and small batches.
constexpr int64_t few_windows = 400;

// Covariance of the differences at a lag, over their variance.
double autocorrelation(const std::vector<double>& changes, size_t lag) {
  double mean = 0, above = 0, below = 0;
  for (double change : changes) mean += change / static_cast<double>(changes.size());
  for (size_t t = 0; t < changes.size(); ++t) {
    below += (changes[t] - mean) * (changes[t] - mean);
    if (t >= lag) above += (changes[t] - mean) * (changes[t - lag] - mean);
  }
  return below > 0 ? above / below : 0;
}

bool all_positive(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value > 0; });
}

double days_covered(const Frame& frame) {
  if (frame.time.size() < 2) return 0;
  return static_cast<double>(frame.time.back() - frame.time.front()) / 86400;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

// Words that repeat often enough in the rows to be learnt: twice their period.
std::vector<std::string> useful_calendar(const Frame& frame) {
  if (!frame.frequency.regular()) return {};
  const bool years = days_covered(frame) >= 2 * 365, weeks = days_covered(frame) >= 21;
  std::vector<std::string> words;
  switch (frame.frequency.unit) {
    case TimeUnit::second:
    case TimeUnit::minute:
    case TimeUnit::hour:
      if (days_covered(frame) >= 3) words.push_back("hour");
      if (weeks) words.push_back("weekday");
      break;
    case TimeUnit::day:
    case TimeUnit::business_day:
      if (weeks) words.push_back("weekday");
      if (years) words.push_back("day_of_year");
      break;
    case TimeUnit::week:
      if (years) words.push_back("day_of_year");
      break;
    case TimeUnit::month:
    case TimeUnit::quarter:
      if (years) words.push_back("month");
      break;
    case TimeUnit::year:
    case TimeUnit::none:
      break;
  }
  return words;
}

// A season or two, or a dozen rows where there is none; never more than a third of the rows.
int useful_lookback(int season, int horizon, int64_t rows) {
  const int wanted = season <= 1    ? std::max(12, horizon)
                     : season < 12  ? 3 * season
                     : season <= 24 ? (season / 12) * 12
                                    : season;
  return static_cast<int>(std::clamp<int64_t>((rows - horizon) / 3, 1, wanted));
}

// Fills one key after the other and notes it.
class Resolver {
 public:
  Resolver(const Recipe& recipe, const Series& training)
      : series_(training), result_{recipe, {}}, recipe_(result_.recipe) {}

  Resolved run() {
    check_same_row();
    check_slips();
    data();
    windows();
    features();
    model();
    training();
    return std::move(result_);
  }

 private:
  void note(const std::string& key, const std::string& value, const std::string& reason) {
    result_.notes.push_back(fmt::format("{}: {} ({})", key, value, reason));
  }

  // Where the target stands in the row of the inputs there is no past of it to go back on.
  void check_same_row() const {
    if (recipe_.target_at != "same") return;
    if (recipe_.past.empty())
      fail_config("config.target_at", recipe_.where("target_at"),
                  "with target_at=same the inputs are other columns, and past names none",
                  "write past=[column, ...]");
    for (const std::string& name : recipe_.past)
      if (recipe_.derive.sources({name}).contains(series_.target))
        fail_config("config.target_at", recipe_.where("past"),
                    fmt::format("the column \"{}\" is made of the target, \"{}\", which stands in "
                                "the same row",
                                name, series_.target),
                    "take it out of past");
    if (recipe_.horizon != 1)
      fail_config("config.target_at", recipe_.where("horizon"),
                  "with target_at=same the horizon is the row itself: 1", "leave horizon out");
    for (const auto& chain : recipe_.transform.value_or(TransformChoice{}).chains)
      for (const std::string& name : chain)
        if (name != "log" && name != "minmax" && name != "standard" && name != "none")
          fail_config(
              "config.target_at", recipe_.where("transform"),
              fmt::format("with target_at=same the transform {} has no past to start from", name),
              "use log or a scale only");
  }

  // What nothing would read, or what one hardly means.
  void check_slips() const {
    for (const char* key : {"hidden_size", "num_layers"})
      if (!recipe_.model.layers.empty() && recipe_.was_given(key))
        fail_config(
            "config.model", recipe_.where(key),
            fmt::format("{} is for a model of one word, and model is a list of layers", key),
            fmt::format("give it to a layer of the list: model=[{{gru: {{{}: 2}}}}]", key));
    for (std::vector<std::string> chain : recipe_.transform.value_or(TransformChoice{}).chains) {
      std::sort(chain.begin(), chain.end());
      const auto twice = std::adjacent_find(chain.begin(), chain.end());
      if (twice != chain.end())
        fail_config("config.transform", recipe_.where("transform"),
                    *twice + " stands in the list twice", "leave one of them out");
    }
  }

  void data() {
    if (recipe_.target.empty()) {
      recipe_.target = series_.target;
      note("target", series_.target, "the only numeric column");
    }
    if (recipe_.frequency.empty() && recipe_.aggregate.empty()) {
      recipe_.frequency = frequency_name(series_.frame.frequency);
      note("frequency", recipe_.frequency, describe(series_.frame.frequency));
    }
  }

  void windows() {
    if (!recipe_.season) {
      recipe_.season = detect_season(series_);
      note("season", *recipe_.season == 1 ? "none" : std::to_string(*recipe_.season),
           *recipe_.season == 1 ? "no significant autocorrelation a season apart"
                                : "the changes repeat at that distance");
    }
    if (!recipe_.lookback) {
      recipe_.lookback = useful_lookback(*recipe_.season, recipe_.horizon, series_.rows());
      note("lookback", std::to_string(*recipe_.lookback), "from the season and the rows");
    }
    windows_ = series_.rows() - *recipe_.lookback - recipe_.horizon + 1;
    if (windows_ < 1)
      fail_data("data.too_short", series_.frame.source,
                fmt::format("lookback {} and horizon {} need {} training rows, there are {}",
                            *recipe_.lookback, recipe_.horizon, *recipe_.lookback + recipe_.horizon,
                            series_.rows()),
                "use a shorter lookback or horizon, fewer test windows, or more data");
  }

  void features() {
    const bool plain =
        !recipe_.model.layers.empty() || recipe_.target_at == "same" || recipe_.whole_series;
    if (recipe_.scale.empty()) recipe_.scale = "standard";
    if (!recipe_.calendar) {
      recipe_.calendar = plain ? std::vector<std::string>{} : useful_calendar(series_.frame);
      note("calendar", listed(*recipe_.calendar),
           plain ? "not with own layers, target_at=same or whole_series" : "of the target's date");
    }
    if (recipe_.linear_skip.empty()) {
      recipe_.linear_skip = plain ? "none" : windows_ < few_windows ? "joint" : "ridge";
      note("linear_skip", recipe_.linear_skip,
           plain ? "not with own layers, target_at=same or whole_series"
                 : fmt::format("{} training windows", windows_));
    }
    if (!recipe_.transform) transform(plain);
  }

  void transform(bool plain) {
    const bool log = *recipe_.season > 1 && all_positive(series_.values());
    if (recipe_.target_at == "same" || recipe_.whole_series) {
      recipe_.transform = TransformChoice{{{}}};
      note("transform", "none", "target_at=same or whole_series");
    } else if (plain) {
      recipe_.transform = TransformChoice{{{"last_value"}}};
      if (log) recipe_.transform->chains[0].insert(recipe_.transform->chains[0].begin(), "log");
      note("transform", listed(recipe_.transform->chains[0]),
           log ? "positive and seasonal: in logarithms" : "not both positive and seasonal");
    } else {
      const std::vector<std::string> own = RidgeForecaster::fit(series_, recipe_).transform();
      recipe_.transform = TransformChoice{{own}};
      if (windows_ < few_windows && log && windows_ > 3 * *recipe_.season) committee();
      std::string text;
      for (const auto& chain : recipe_.transform->chains)
        text += (text.empty() ? "" : " | ") + listed(chain);
      note("transform", text,
           recipe_.transform->chains.size() > 1
               ? "positive, seasonal, few windows: a committee, its first chosen for ridge"
               : "best for ridge on validation folds");
    }
  }

  // Averaging several views of the series beats choosing one of them on a few windows.
  void committee() {
    auto& chains = recipe_.transform->chains;
    for (const std::vector<std::string>& chain : {std::vector<std::string>{"log", "last_value"},
                                                  {"log", "seasonal_difference"},
                                                  {"log", "seasonal_difference", "last_value"}})
      if (chain != chains.front()) chains.push_back(chain);
  }

  void model() {
    if (recipe_.model.word.empty() && recipe_.model.layers.empty()) {
      recipe_.model.word = "gru";
      note("model", fmt::format("gru of {} units", recipe_.hidden_size), "small nets win here");
    }
  }

  void training() {
    const bool few = windows_ < few_windows;
    if (recipe_.optimizer.name.empty()) recipe_.optimizer.name = "adam";
    if (!recipe_.batch_size) recipe_.batch_size = few ? 0 : 64;
    if (!recipe_.learning_rate) {
      recipe_.learning_rate.emplace();
      recipe_.learning_rate->from_epoch[0] = few ? 1e-2 : 1e-3;
    }
    if (!recipe_.weight_decay) recipe_.weight_decay = few ? 1e-2 : 0.1;
    if (!recipe_.clip_norm) recipe_.clip_norm = 1;
    if (!recipe_.seeds) {
      recipe_.seeds = windows_ * *recipe_.lookback < 200000 ? 5 : 1;
      note("seeds", std::to_string(*recipe_.seeds), "networks from different random weights");
    }
  }

  const Series& series_;
  Resolved result_;
  Recipe& recipe_;
  int64_t windows_ = 0;
};

}  // namespace

Resolved resolve(const Recipe& recipe, const Series& training) {
  return Resolver(recipe, training).run();
}

int detect_season(const Series& training) {
  const int season = default_season(training.frame.frequency);
  const std::span<const double> y = training.values();
  const auto lag = static_cast<size_t>(season);
  if (season <= 1 || y.size() < 2 * lag + 3) return 1;
  const bool log = all_positive(y);
  std::vector<double> changes;
  for (size_t t = 1; t < y.size(); ++t)
    changes.push_back(log ? std::log(y[t]) - std::log(y[t - 1]) : y[t] - y[t - 1]);
  // One-sided 5 % test; the variance of a correlation grows with those at shorter lags.
  double spread = 1;
  for (size_t k = 1; k < lag; ++k) spread += 2 * std::pow(autocorrelation(changes, k), 2);
  const double limit = 1.645 * std::sqrt(spread / static_cast<double>(changes.size()));
  return autocorrelation(changes, lag) > limit ? season : 1;
}

std::vector<CalendarFeature> calendar_of(const Recipe& recipe) {
  std::vector<CalendarFeature> features;
  for (std::string word : recipe.calendar.value_or(std::vector<std::string>{})) {
    const bool bare = word.find(':') == std::string::npos;
    if (bare && recipe.calendar_encoding == "onehot" && word != "day_of_year") word += ":one_hot";
    if (bare && recipe.calendar_encoding == "harmonics") word += ":2";
    features.push_back(parse_calendar_feature(word));
  }
  return features;
}

}  // namespace sluice

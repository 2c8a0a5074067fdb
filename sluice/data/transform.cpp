#include "sluice/data/transform.h"

#include <algorithm>
#include <utility>

#include "sluice/base/error.h"
#include "sluice/data/transform_kinds.h"

namespace sluice {
namespace {

const std::vector<TransformRow>& registry() {
  static const std::vector<TransformRow> rows = {
      {"none", "the values as they are", {}, make_none},
      {"log", "natural logarithm; values must be positive", {}, make_log},
      {"difference", "change from the step before", {}, make_difference},
      {"seasonal_difference",
       "change from the same step one season before",
       {},
       make_seasonal_difference},
      {"seasonal_ratio",
       "ratio to the same step one season before; values must be positive",
       {},
       make_seasonal_ratio},
      {"last_value", "every window relative to its last known value", {}, make_last_value},
      {"minmax", "linearly to 0 … 1 over the training rows", {}, make_minmax},
      {"standard", "mean 0 and standard deviation 1 over the training rows", {}, make_standard},
  };
  return rows;
}

}  // namespace

std::string SeriesPlace::where(int64_t index) const {
  const bool known = index >= 0 && index < static_cast<int64_t>(row_numbers.size());
  const int64_t line = known ? row_numbers[static_cast<size_t>(index)] : 0;
  return line > 0 ? source + ":" + std::to_string(line) : source;
}

std::span<const TransformRow> transform_registry() { return registry(); }

std::unique_ptr<Transform> make_transform(const std::string& name,
                                          const TransformOptions& options) {
  return find_row(transform_registry(), name, "transform").make(options);
}

TransformChain::TransformChain(const std::vector<std::string>& names,
                               const TransformOptions& options) {
  for (const std::string& name : names) {
    std::unique_ptr<Transform> stage = make_transform(name, options);
    if (stage->per_window())
      relative_ = true;
    else
      stages_.push_back(std::move(stage));
  }
}

void TransformChain::fit(std::span<const double> train, const SeriesPlace& place) {
  std::vector<double> values(train.begin(), train.end());
  int64_t lost = 0;
  for (const std::unique_ptr<Transform>& stage : stages_) {
    SeriesPlace here = place;
    const auto skipped = std::min<size_t>(static_cast<size_t>(lost), here.row_numbers.size());
    here.row_numbers = here.row_numbers.subspan(skipped);
    const auto known = std::span<double>(values).subspan(static_cast<size_t>(lost));
    stage->fit(known, here);
    stage->apply(known, here);
    lost += stage->warmup();
  }
}

int64_t TransformChain::warmup() const {
  int64_t rows = 0;
  for (const std::unique_ptr<Transform>& stage : stages_) rows += stage->warmup();
  return rows;
}

std::vector<double> TransformChain::apply(std::span<const double> series,
                                          const SeriesPlace& place) const {
  std::vector<double> values(series.begin(), series.end());
  for (const std::unique_ptr<Transform>& stage : stages_) stage->apply(values, place);
  return values;
}

std::vector<double> TransformChain::invert(std::span<const double> history,
                                           std::span<const double> forecast) const {
  const size_t needed = static_cast<size_t>(warmup()) + 1;
  if (history.size() < needed)
    fail_data("data.too_short", "",
              "the transforms need " + std::to_string(needed) +
                  " known values before the forecast, and there are " +
                  std::to_string(history.size()));
  // What every stage was given, over the last values that the way back needs.
  std::vector<std::vector<double>> given(1);
  given[0].assign(history.end() - static_cast<std::ptrdiff_t>(needed), history.end());
  for (const std::unique_ptr<Transform>& stage : stages_) {
    given.push_back(given.back());
    stage->apply(given.back(), {});
  }
  std::vector<double> values(forecast.begin(), forecast.end());
  if (relative_)
    for (double& value : values) value += given.back().back();
  for (size_t k = stages_.size(); k-- > 0;) stages_[k]->invert(given[k], values);
  return values;
}

std::vector<std::string> TransformChain::names() const {
  std::vector<std::string> all;
  for (const std::unique_ptr<Transform>& stage : stages_) all.emplace_back(stage->name());
  if (relative_) all.emplace_back("last_value");
  return all;
}

std::vector<SavedTransform> TransformChain::save() const {
  std::vector<SavedTransform> saved;
  for (const std::unique_ptr<Transform>& stage : stages_)
    saved.push_back({stage->name(), stage->parameters()});
  if (relative_) saved.push_back({"last_value", {}});
  return saved;
}

TransformChain TransformChain::load(const std::vector<SavedTransform>& saved) {
  TransformChain chain;
  for (const SavedTransform& one : saved) {
    TransformOptions options;
    options.season = 1;  // replaced by the season saved, where there is one
    std::unique_ptr<Transform> stage = make_transform(one.name, options);
    stage->load(one.parameters);
    if (stage->per_window())
      chain.relative_ = true;
    else
      chain.stages_.push_back(std::move(stage));
  }
  return chain;
}

}  // namespace sluice

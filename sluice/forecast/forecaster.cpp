#include "sluice/forecast/forecaster.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "sluice/base/error.h"
#include "sluice/forecast/recipe_threads.h"
#include "sluice/train/interrupt.h"

namespace sluice {
namespace {

std::vector<double> as_doubles(const Tensor& tensor, int64_t first, int64_t count) {
  std::vector<double> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(tensor.item(first + i));
  return values;
}

}  // namespace

Forecaster Forecaster::fit(const Series& training, const Recipe& recipe,
                           const FitOptions& options) {
  const RecipeThreads threads(recipe);
  Forecaster forecaster;
  forecaster.recipe_ = recipe;
  Series fitted = training;
  fitted.frame = slice(training.frame, 0, fitted_rows(training, recipe));
  for (const std::vector<std::string>& chain : recipe.transform->chains) {
    const size_t place = forecaster.bases_.size();
    Basis& basis = forecaster.bases_.emplace_back();
    basis.encoder = Encoder(encoder_options(recipe, chain));
    basis.encoder.fit(options.scale_rows ? *options.scale_rows : fitted);
    basis.ridge = fit_frozen_ridge(fitted, recipe, basis.encoder);
    basis.epochs = recipe.epochs             ? *recipe.epochs
                   : !options.epochs.empty() ? options.epochs.at(place)
                                             : choose_epochs(training, recipe, chain);
  }
  const int seeds = recipe.seeds.value_or(1);
  const int total = seeds * static_cast<int>(forecaster.bases_.size());
  int done = 0;
  // Seed by seed, so that what an interrupt leaves is whole seeds; the first is always whole.
  for (int k = 0; k < seeds && (k == 0 || !interrupt_requested()); ++k)
    for (Basis& basis : forecaster.bases_) {
      if (options.on_member) options.on_member(done++, total);
      basis.members.push_back(train_member(training, recipe, basis,
                                           static_cast<uint64_t>(recipe.seed + k), options.output));
    }
  if (options.on_member) options.on_member(total, total);
  return forecaster;
}

// `masks`: null, or what the masks of a sample are drawn from.
std::vector<double> Forecaster::run(const Basis& basis, const Series& rows, size_t seed,
                                    const MaskKey* masks) const {
  const auto horizon = static_cast<size_t>(recipe_.horizon);
  Network& network = *basis.members[seed].network;
  const auto answer = [&](const Tensor& x) {
    return masks ? predict_with_masks(network, x, *masks) : predict(network, x);
  };
  std::vector<double> encoded;
  if (recipe_.whole_series) {
    const Tensor y = answer(basis.encoder.sequence(rows));
    encoded = as_doubles(y, y.numel() - recipe_.horizon, recipe_.horizon);
  } else {
    const WindowSet window = basis.encoder.last_window(rows);
    encoded = as_doubles(answer(pack(window)), 0, recipe_.horizon);
    if (!basis.ridge.intercept.empty()) {
      const std::vector<double> linear = basis.ridge.predict(flat_inputs(window).row(0));
      for (size_t h = 0; h < horizon; ++h) encoded[h] += linear[h];
    }
  }
  return basis.encoder.decode(rows.values(), encoded);
}

std::vector<double> Forecaster::mean_of_bases(const Series& rows, size_t seed,
                                              std::optional<int> sample) const {
  std::vector<double> mean(static_cast<size_t>(recipe_.horizon), 0.0);
  for (size_t b = 0; b < bases_.size(); ++b) {
    MaskKey key;
    if (sample) {
      key.seed = static_cast<uint64_t>(recipe_.seed) + seed;
      key.update = static_cast<uint64_t>(*sample) * bases_.size() + b;
    }
    const std::vector<double> said = run(bases_[b], rows, seed, sample ? &key : nullptr);
    for (size_t h = 0; h < mean.size(); ++h)
      mean[h] += said[h] / static_cast<double>(bases_.size());
  }
  // A loss may stay finite while the inverse transform of such weights' output does not.
  if (!std::all_of(mean.begin(), mean.end(), [](double value) { return std::isfinite(value); }))
    throw Error(ExitCode::diverged, "forecast.diverged", "forecast",
                "the network forecasts what is not a finite number",
                "fit again with a lower learning_rate, or scale the data");
  return mean;
}

void Forecaster::check_rows(const Series& rows) const {
  if (rows.rows() < rows_needed())
    fail_data(
        "data.too_short", rows.frame.source,
        fmt::format("the model looks back on {} rows, the data has {}", rows_needed(), rows.rows()),
        "give it at least that many of the latest rows");
}

std::vector<std::vector<double>> Forecaster::forecast(const Series& rows) const {
  check_rows(rows);
  std::vector<std::vector<double>> result;
  for (size_t seed = 0; seed < bases_.front().members.size(); ++seed)
    result.push_back(mean_of_bases(rows, seed, {}));
  return result;
}

std::vector<std::vector<double>> Forecaster::sample(const Series& rows, int count) const {
  check_rows(rows);
  const size_t seeds = bases_.front().members.size();
  std::vector<std::vector<double>> result;
  for (int i = 0; i < count; ++i)
    result.push_back(mean_of_bases(rows, static_cast<size_t>(i) % seeds, i));
  return result;
}

int64_t Forecaster::rows_needed() const {
  int64_t rows = 0;
  for (const Basis& basis : bases_) rows = std::max(rows, basis.encoder.rows_needed());
  return rows;
}

std::string Forecaster::name() const {
  if (recipe_.model.layers.empty()) return recipe_.model.word;
  std::string text;
  for (const LayerChoice& layer : recipe_.model.layers)
    if (layer.name != "linear" && layer.name != "dropout" && layer.name != "flatten")
      text += (text.empty() ? "" : "+") + layer.name;
  return text.empty() ? "linear" : text;
}

int64_t Forecaster::parameter_count() const {
  int64_t count = 0;
  for (const Basis& basis : bases_) count += basis.members.front().network->parameter_count();
  return count;
}

std::vector<int> Forecaster::epochs() const {
  std::vector<int> epochs;
  for (const Basis& basis : bases_) epochs.push_back(basis.epochs);
  return epochs;
}

bool Forecaster::interrupted() const {
  for (const Basis& basis : bases_) {
    if (static_cast<int>(basis.members.size()) < recipe_.seeds.value_or(1)) return true;
    for (const Member& member : basis.members)
      if (member.history.interrupted) return true;
  }
  return false;
}

}  // namespace sluice

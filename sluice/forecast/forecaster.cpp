#include "sluice/forecast/forecaster.h"

#include <fmt/core.h>

#include <algorithm>

#include "sluice/base/error.h"
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
  Forecaster forecaster;
  forecaster.recipe_ = recipe;
  Recipe& own = forecaster.recipe_;
  if (!own.epochs) own.epochs = choose_epochs(training, own, options.output);
  forecaster.encoder_ = Encoder(encoder_options(own));
  Series fitted = training;
  fitted.frame = slice(training.frame, 0, fitted_rows(training, own));
  forecaster.encoder_.fit(options.scale_rows ? *options.scale_rows : fitted);
  const LinearModel ridge = fit_frozen_ridge(fitted, own, forecaster.encoder_);
  const int seeds = own.seeds.value_or(1);
  for (int k = 0; k < seeds; ++k) {
    // The first network is always there, however early the interrupt came.
    if (k > 0 && interrupt_requested()) break;
    if (options.on_member) options.on_member(k, seeds);
    forecaster.members_.push_back(train_member(training, own, forecaster.encoder_, ridge,
                                               static_cast<uint64_t>(own.seed + k),
                                               options.output));
  }
  return forecaster;
}

std::vector<double> Forecaster::run(const Member& member, const Series& rows) const {
  const auto horizon = static_cast<size_t>(recipe_.horizon);
  std::vector<double> encoded;
  if (recipe_.whole_series) {
    const Tensor y = predict(*member.network, encoder_.sequence(rows));
    encoded = as_doubles(y, y.numel() - recipe_.horizon, recipe_.horizon);
  } else {
    const WindowSet window = encoder_.last_window(rows);
    encoded = as_doubles(predict(*member.network, pack(window)), 0, recipe_.horizon);
    if (!member.ridge.intercept.empty()) {
      const std::vector<double> linear = member.ridge.predict(flat_inputs(window).row(0));
      for (size_t h = 0; h < horizon; ++h) encoded[h] += linear[h];
    }
  }
  std::span<const double> history = rows.values();
  if (encoder_.options().same_step) history = history.first(history.size() - horizon);
  return encoder_.decode(history, encoded);
}

std::vector<std::vector<double>> Forecaster::forecast(const Series& rows) const {
  if (rows.rows() < rows_needed())
    fail_data(
        "data.too_short", rows.frame.source,
        fmt::format("the model looks back on {} rows, the data has {}", rows_needed(), rows.rows()),
        "give it at least that many of the latest rows");
  std::vector<std::vector<double>> result;
  for (const Member& member : members_) result.push_back(run(member, rows));
  return result;
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
  return members_.empty() ? 0 : members_.front().network->parameter_count();
}

bool Forecaster::interrupted() const {
  return std::any_of(members_.begin(), members_.end(),
                     [](const Member& member) { return member.history.interrupted; }) ||
         static_cast<int>(members_.size()) < recipe_.seeds.value_or(1);
}

}  // namespace sluice

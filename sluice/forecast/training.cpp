#include "sluice/forecast/training.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "sluice/base/error.h"
#include "sluice/forecast/fold.h"
#include "sluice/forecast/resolve.h"

namespace sluice {
namespace {

// Targets of the windows, less what the frozen ridge says of them.
Tensor residual_targets(const WindowSet& windows, const LinearModel& ridge) {
  if (ridge.intercept.empty()) return windows.y;
  Tensor rest = windows.y.clone();
  const Matrix x = flat_inputs(windows);
  dispatch(rest.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* out = rest.data<T>();
    for (int64_t i = 0; i < x.rows; ++i)
      for (double value : ridge.predict(x.row(i))) {
        *out = static_cast<T>(*out - value);
        ++out;
      }
  });
  return rest;
}

Dataset dataset(const WindowSet& windows, const LinearModel& ridge, bool whole_series) {
  return {whole_series ? windows.x : pack(windows), residual_targets(windows, ridge), {}};
}

// A network here gives one number for each step of the horizon.
void check_loss(const Recipe& recipe) {
  if (make_loss(recipe.loss.name, recipe.loss.options)->predicts_target()) return;
  fail_config("config.loss", recipe.where("loss"),
              "under " + recipe.loss.name + " the network's numbers are not the forecast itself",
              "choose mse, mae or huber, or one quantile: {pinball: {quantiles: [0.5]}}");
}

TrainOptions train_options(const Recipe& recipe, uint64_t seed, const TrainingOutput& output) {
  TrainOptions options;
  options.batch_size = recipe.batch_size.value_or(0);
  options.shuffle = recipe.shuffle && options.batch_size > 0;
  options.seed = seed;
  check_loss(recipe);
  options.loss = recipe.loss.name;
  options.loss_options = recipe.loss.options;
  options.optimizer = recipe.optimizer.name;
  options.optimizer_options = recipe.optimizer.options;
  const double decay = recipe.weight_decay.value_or(0);
  if (decay > 0 && !options.optimizer_options.has("weight_decay")) {
    options.optimizer_options.set("weight_decay", fmt::format("{}", decay));
    if (!options.optimizer_options.has("decay"))
      options.optimizer_options.set("decay", "decoupled");
  }
  for (const auto& [name, factor] : recipe.l1.by_name)
    if (factor > 0) options.penalties.push_back({name, factor, 0});
  for (const auto& [name, factor] : recipe.l2.by_name)
    if (factor > 0) options.penalties.push_back({name, 0, factor});
  options.learning_rate = recipe.learning_rate->from_epoch.at(0);
  if (!recipe.schedule.name.empty()) options.schedule = recipe.schedule.name;
  options.schedule_options = recipe.schedule.options;
  if (recipe.learning_rate->from_epoch.size() > 1) {
    if (!recipe.schedule.name.empty())
      fail_config("config.schedule", recipe.where("schedule"),
                  "learning_rate is a table of epochs already", "give one of the two");
    options.schedule = "table";
    for (const auto& [epoch, rate] : recipe.learning_rate->from_epoch)
      options.schedule_options.set(std::to_string(epoch), fmt::format("{}", rate));
  }
  options.clip_norm = recipe.clip_norm.value_or(0);
  options.clip_value = recipe.clip_value;
  options.clip_parameter_norm = recipe.clip_parameter_norm;
  for (const auto& [name, largest] : recipe.clip_weights.by_name)
    if (largest > 0) options.clip_weights.push_back({name, largest});
  options.ema_decay = recipe.ema_decay;
  options.metrics = recipe.metrics;
  options.early_stopping.patience = recipe.patience;
  options.early_stopping.loss_threshold = recipe.loss_threshold;
  options.verbose = recipe.verbose;
  options.terminal = output.terminal;
  options.output = output.write;
  return options;
}

// A share of the penalties' errors on folds, in the encoded units the ridge is fitted in.
double choose_penalty(const Series& training, const Encoder& encoder, const Recipe& recipe) {
  std::vector<double> errors(ridge_penalties().size(), 0.0);
  const int64_t least = encoder.rows_needed() + recipe.horizon + 3;
  for (const Fold& fold :
       expanding_folds(training.rows(), training.rows() > 5000 ? 1 : 4, recipe.horizon, least)) {
    const WindowSet before = encoder.windows(training, 0, fold.train_rows);
    const WindowSet after = encoder.windows(training, fold.train_rows, fold.validation_end);
    const RidgeProblem problem(flat_inputs(before), targets(before));
    const Matrix x = flat_inputs(after), y = targets(after);
    for (size_t p = 0; p < errors.size(); ++p) {
      const LinearModel model = problem.solve(ridge_penalties()[p]);
      for (int64_t i = 0; i < x.rows; ++i) {
        const std::vector<double> said = model.predict(x.row(i));
        for (size_t h = 0; h < said.size(); ++h) errors[p] += std::pow(said[h] - y.row(i)[h], 2);
      }
    }
  }
  const auto best = std::min_element(errors.begin(), errors.end());
  return *best == 0 ? 0.1 : ridge_penalties()[static_cast<size_t>(best - errors.begin())];
}

Series first_rows(const Series& series, int64_t rows) {
  Series result = series;
  result.frame = slice(series.frame, 0, rows);
  return result;
}

// Validation loss after each of the epochs on one fold; fewer if training was interrupted.
std::vector<double> fold_losses(const Series& training, const Recipe& recipe, const Fold& fold,
                                const std::vector<std::string>& chain, int epochs) {
  Recipe inside = recipe;
  inside.validation = {Portion::Kind::count,
                       static_cast<double>(fold.validation_end - fold.train_rows), ""};
  inside.patience = 0;
  inside.loss_threshold = 0;
  inside.verbose = 0;
  const Series part = first_rows(training, fold.validation_end);
  const Series before = first_rows(part, fold.train_rows);
  Basis basis{Encoder(encoder_options(recipe, chain)), {}, epochs, {}};
  basis.encoder.fit(before);
  basis.ridge = fit_frozen_ridge(before, recipe, basis.encoder);
  return train_member(part, inside, basis, static_cast<uint64_t>(recipe.seed), {}).history.val_loss;
}

}  // namespace

EncoderOptions encoder_options(const Recipe& recipe, const std::vector<std::string>& chain) {
  EncoderOptions options;
  options.transform = chain;
  options.scale = recipe.scale;
  options.season = recipe.season.value_or(1);
  options.lookback = recipe.lookback.value_or(12);
  options.horizon = recipe.horizon;
  options.window_step = recipe.window_step;
  options.lookback_as_features = recipe.lookback_as == "features";
  options.same_step = recipe.target_at == "same";
  options.whole_series = recipe.whole_series;
  const bool takes_season = std::any_of(chain.begin(), chain.end(), [](const std::string& name) {
    return name.starts_with("seasonal_");
  });
  const bool committee = recipe.transform && recipe.transform->chains.size() > 1;
  if (!committee || !takes_season) options.calendar = calendar_of(recipe);
  return options;
}

LinearModel fit_frozen_ridge(const Series& training, const Recipe& recipe, const Encoder& encoder) {
  if (recipe.linear_skip != "ridge") return {};
  const WindowSet windows = encoder.windows(training);
  return RidgeProblem(flat_inputs(windows), targets(windows))
      .solve(choose_penalty(training, encoder, recipe));
}

int useful_threads(const Recipe& recipe, int64_t training_rows) {
  int hidden = recipe.model.layers.empty() ? recipe.hidden_size : 1;
  for (const LayerChoice& layer : recipe.model.layers)
    hidden = std::max(hidden, layer.options.get_int("hidden_size", 1));
  const int64_t batch = recipe.batch_size.value_or(0) > 0 ? *recipe.batch_size : training_rows;
  const double steps = static_cast<double>(batch) * recipe.lookback.value_or(1);
  // Multiply-adds of an LSTM's forward and backward pass; a core does some 10^10 in a second.
  const double work = steps * 12.0 * hidden * (hidden + 8);
  return work < 1e7 ? 1 : 0;
}

int64_t fitted_rows(const Series& training, const Recipe& recipe) {
  const int64_t rows = training.rows();
  const int64_t kept =
      rows_in_last(recipe.validation, training.frame, rows, recipe.where("validation"));
  if (kept == 0 && recipe.validation.kind == Portion::Kind::date)
    fail_config(
        "config.validation", recipe.where("validation"),
        "no training row is as late as this date, so none is left to validate on",
        fmt::format("write a date up to {}, or validation=0.2", training.frame.label(rows - 1)));
  if (kept >= rows)
    fail_config("config.validation", recipe.where("validation"),
                fmt::format("validation takes {} of {} training rows", kept, rows),
                "leave most of them for training: validation=0.2");
  return rows - kept;
}

Member train_member(const Series& training, const Recipe& recipe, const Basis& basis, uint64_t seed,
                    const TrainingOutput& output) {
  const int64_t fitted = fitted_rows(training, recipe);
  const bool judged = fitted < training.rows();
  const Encoder& encoder = basis.encoder;
  const Dataset train =
      dataset(encoder.windows(training, 0, fitted), basis.ridge, recipe.whole_series);
  Dataset validation;
  if (judged)
    validation = dataset(encoder.windows(training, fitted), basis.ridge, recipe.whole_series);
  Generator generator(seed);
  Member member{std::make_unique<Network>(recipe, network_shape(encoder), generator), {}};
  TrainOptions options = train_options(recipe, seed, output);
  options.epochs = basis.epochs;
  options.early_stopping.restore_best = judged;
  member.history = fit(*member.network, train, judged ? &validation : nullptr, options);
  return member;
}

int choose_epochs(const Series& training, const Recipe& recipe,
                  const std::vector<std::string>& chain) {
  static constexpr std::array<int, 5> many_choices = {1, 2, 4, 8, 14};
  static constexpr std::array<int, 5> few_choices = {10, 20, 40, 80, 120};
  const bool few = recipe.batch_size == 0;
  const auto& choices = few ? few_choices : many_choices;
  std::vector<double> logs(choices.size(), 0.0);
  const int64_t least = Encoder(encoder_options(recipe, chain)).rows_needed() + recipe.horizon + 3;
  for (const Fold& fold : expanding_folds(training.rows(), few ? 4 : 1, recipe.horizon, least)) {
    const std::vector<double> losses = fold_losses(training, recipe, fold, chain, choices.back());
    if (losses.size() < static_cast<size_t>(choices.back())) break;
    for (size_t i = 0; i < choices.size(); ++i)
      logs[i] += std::log(losses[static_cast<size_t>(choices[i]) - 1] + 1e-12);
  }
  return choices[static_cast<size_t>(std::min_element(logs.begin(), logs.end()) - logs.begin())];
}

}  // namespace sluice

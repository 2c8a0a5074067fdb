#include "sluice/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "sluice/autograd/arithmetic.h"
#include "sluice/base/error.h"
#include "sluice/base/random.h"
#include "sluice/tensor/reduce.h"
#include "sluice/train/batch.h"
#include "sluice/train/checkpoint.h"
#include "sluice/train/clip.h"
#include "sluice/train/interrupt.h"
#include "sluice/train/optimizer.h"
#include "sluice/train/progress.h"
#include "sluice/train/schedule.h"
#include "sluice/train/weight_average.h"

namespace sluice {

namespace {

constexpr double no_loss_yet = std::numeric_limits<double>::infinity();
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

void check_options(const TrainOptions& options) {
  if (options.epochs < 0 || options.batch_size < 0)
    fail_config("train.options", options.epochs < 0 ? "epochs" : "batch_size",
                "it must not be negative", "a batch_size of 0 means all examples at once");
  if (!(options.learning_rate >= 0) || !std::isfinite(options.learning_rate))
    fail_config("train.options", "learning_rate", "it must be a number of at least 0",
                "write for example learning_rate: 0.001");
  const std::pair<const char*, double> lengths[] = {
      {"clip_norm", options.clip_norm},
      {"clip_value", options.clip_value},
      {"clip_parameter_norm", options.clip_parameter_norm}};
  for (const auto& [name, length] : lengths)
    if (length < 0)
      fail_config("train.options", name, "it must not be negative", "0 switches it off");
  if (!(options.ema_decay >= 0 && options.ema_decay < 1))
    fail_config("train.options", "ema_decay", "it must be at least 0 and below 1",
                "write for example ema_decay: 0.99");
}

// The loss that early stopping and schedules look at.
double looked_at_in(const History& history, size_t epoch) {
  return epoch < history.val_loss.size() ? history.val_loss[epoch] : history.loss[epoch];
}

}  // namespace

struct Trainer::Body {
  Body(Module& model_, TrainOptions options_)
      : model(model_),
        options(std::move(options_)),
        loss(make_loss(options.loss, options.loss_options)),
        metrics(find_training_metrics(options.metrics, *loss)),
        schedule(fresh_schedule()),
        optimizer(make_optimizer(options.optimizer, options.optimizer_options, model.parameters())),
        penalties(model, options.penalties),
        clip_weights(model, options.clip_weights),
        average(model.parameters(), options.ema_decay),
        generator(options.seed),
        printer(options) {
    if (options.clip_parameter_norm > 0) clip_parameters.emplace(model);
    for (const std::string& name : options.metrics) history.metrics.push_back({name, {}, {}});
  }

  Module& model;
  TrainOptions options;
  std::unique_ptr<Loss> loss;
  std::vector<TrainingMetric> metrics;
  std::unique_ptr<Schedule> schedule;
  std::unique_ptr<Optimizer> optimizer;
  ParameterPenalties penalties;
  WeightClips clip_weights;
  WeightAverage average;
  bool holds_average = false;  // the model does, and `average` the weights
  std::optional<ParameterClip> clip_parameters;
  Generator generator;
  ProgressPrinter printer;

  uint64_t update = 0;
  History history;
  NamedTensors best_model;
  double best_loss = no_loss_yet;

  Batch batch;
  ScoreSums scores;  // of the epoch so far
  std::vector<int64_t> order;
  std::vector<Callback*> callbacks;
  Clock::time_point start;
  double seconds_before = 0;  // of the epochs that ran before a restore
  TrainProgress progress;

  int epoch() const { return static_cast<int>(history.loss.size()); }
  std::unique_ptr<Schedule> fresh_schedule() const {
    return make_schedule(options.schedule, options.learning_rate, options.epochs,
                         options.schedule_options);
  }
  void begin(std::span<Callback* const> given, int64_t examples);
  void end();
  double train_batch(const Dataset& data, std::span<const int64_t> rows, double rate);
  void clip();
  bool run_epoch(Trainer& trainer, const Dataset& data);
  void finish_epoch(double loss, const Dataset* validation);
  void validate(const Dataset& data);
  void swap_average() {
    average.swap();
    holds_average = !holds_average;
  }
  void note_best();
  bool keep_going(Trainer& trainer);
  void keep_best_weights();
  [[noreturn]] void diverged(const std::string& what);
};

// Refuses to go on, but leaves the best weights there were.
void Trainer::Body::diverged(const std::string& what) {
  const std::string where =
      "epoch " + std::to_string(epoch() + 1) + ", update " + std::to_string(update + 1);
  if (!best_model.empty()) keep_best_weights();
  std::string hint = "lower learning_rate (it is " + number(progress.learning_rate) + ")";
  hint += options.clip_norm > 0 ? ", clip_norm, or scale the data" : " or set clip_norm: 1";
  if (update == 0) hint = "look for missing, infinite or very large values in the data; scale them";
  throw Error(ExitCode::diverged, "train.diverged", where, what, hint);
}

void Trainer::Body::clip() {
  if (options.clip_value > 0) clip_value(optimizer->parameters(), options.clip_value);
  if (clip_parameters) (*clip_parameters)(options.clip_parameter_norm);
  if (options.clip_norm > 0) {
    const double norm = clip_norm(optimizer->parameters(), options.clip_norm);
    if (!std::isfinite(norm)) diverged("the gradient is not a finite number");
  }
}

double Trainer::Body::train_batch(const Dataset& data, std::span<const int64_t> rows, double rate) {
  progress.learning_rate = rate;
  batch.gather(data, rows);
  MaskKey key{options.seed, update, 0};
  model.set_mask_key(key);
  optimizer->zero_grad();
  const Variable prediction = model.forward(batch.x(), batch.padding());
  Variable result = (*loss)(prediction, batch.y(), batch.target_padding());
  if (!metrics.empty())
    scores.add(*loss, result.value().item(), prediction.value(), batch.y(), batch.target_padding());
  if (const Variable penalty = model.take_penalty(); penalty.defined()) result = result + penalty;
  double value = result.value().item();
  if (!std::isfinite(value)) diverged("the loss is not a finite number");
  result.backward();
  value += penalties.add_gradients();
  clip();
  optimizer->step(rate);
  clip_weights.apply();
  if (options.ema_decay > 0) average.update();
  ++update;
  return value;
}

// False if an interrupt ended it early; the loss of the epoch is then not recorded.
bool Trainer::Body::run_epoch(Trainer& trainer, const Dataset& data) {
  if (options.shuffle)
    generator.permutation(order);
  else
    std::iota(order.begin(), order.end(), int64_t{0});
  const int64_t width = options.batch_size > 0 ? options.batch_size : data.size();
  scores = {};
  progress.epoch = epoch();
  progress.batches = (data.size() + width - 1) / width;
  double total = 0, counted = 0;
  for (int64_t begin = 0; begin < data.size(); begin += width) {
    const auto rows = std::span<const int64_t>(order).subspan(
        static_cast<size_t>(begin), static_cast<size_t>(std::min(width, data.size() - begin)));
    const double rate = schedule->rate({epoch(), begin / width, progress.batches});
    const double value = train_batch(data, rows, rate);
    const auto targets = static_cast<double>(loss->counted(batch.y(), batch.target_padding()));
    total += value * targets;
    counted += targets;
    progress.batch = begin / width + 1;
    progress.loss = total / std::max(1.0, counted);
    progress.seconds = seconds_before + seconds_since(start);
    for (Callback* callback : callbacks) callback->on_batch_end(trainer, progress);
    if (interrupt_requested()) return false;
  }
  return true;
}

void Trainer::Body::finish_epoch(double epoch_loss, const Dataset* validation) {
  // The last update may have spoilt the parameters without showing in a loss yet.
  for (const Variable& parameter : optimizer->parameters())
    if (!std::isfinite(sum_squares(parameter.value())))
      diverged("a parameter is not a finite number");
  for (size_t i = 0; i < metrics.size(); ++i)
    history.metrics[i].train.push_back(metrics[i].value(scores));
  progress.val_loss = unknown;
  swap_average();  // what is judged and kept
  if (validation) validate(*validation);
  history.loss.push_back(epoch_loss);
  history.learning_rate.push_back(progress.learning_rate);
  progress.seconds = seconds_before + seconds_since(start);
  history.seconds.push_back(progress.seconds);
  note_best();
  swap_average();
}

void Trainer::Body::validate(const Dataset& data) {
  ScoreSums judged;
  progress.val_loss =
      evaluate(model, data, *loss, options.batch_size, metrics.empty() ? nullptr : &judged);
  if (!std::isfinite(progress.val_loss)) diverged("the validation loss is not a finite number");
  history.val_loss.push_back(progress.val_loss);
  for (size_t i = 0; i < metrics.size(); ++i)
    history.metrics[i].val.push_back(metrics[i].value(judged));
}

void Trainer::Body::note_best() {
  const double looked_at = looked_at_in(history, history.loss.size() - 1);
  schedule->observe(looked_at);
  if (!(looked_at < best_loss - options.early_stopping.min_delta) && !best_model.empty()) return;
  best_loss = looked_at;
  best_model = model.state();
  history.best_epoch = epoch() - 1;
}

// Asks the callbacks and the rules of early stopping, after an epoch.
bool Trainer::Body::keep_going(Trainer& trainer) {
  bool go_on = true;
  for (Callback* callback : callbacks) go_on &= callback->on_epoch_end(trainer, progress);
  const EarlyStopping& rule = options.early_stopping;
  const int last = epoch() - 1;
  const std::string where = "stopped early after epoch " + std::to_string(last + 1) + " of " +
                            std::to_string(options.epochs) + ": ";
  if (!go_on) history.ending = where + "a callback asked for it";
  if (rule.loss_threshold > 0 && history.loss.back() < rule.loss_threshold)
    history.ending = where + "the loss is below " + number(rule.loss_threshold);
  else if (rule.patience > 0 && last - history.best_epoch >= rule.patience)
    history.ending = where + (history.val_loss.empty() ? "loss" : "val_loss") +
                     " has not improved for " + std::to_string(rule.patience) + " epochs";
  history.stopped_early = !history.ending.empty();
  return !history.stopped_early;
}

void Trainer::Body::keep_best_weights() {
  model.load_state(best_model);
  history.restored_best = true;
  history.ending += "; kept the weights of epoch " + std::to_string(history.best_epoch + 1) + " (" +
                    (history.val_loss.empty() ? "loss " : "val_loss ") + number(best_loss) + ")";
}

Trainer::Trainer(Module& model, TrainOptions options) {
  check_options(options);
  body_ = std::make_unique<Body>(model, std::move(options));
}

Trainer::~Trainer() = default;

const TrainOptions& Trainer::options() const { return body_->options; }
const History& Trainer::history() const { return body_->history; }

double Trainer::step(const Dataset& data, std::span<const int64_t> rows, double learning_rate) {
  return body_->train_batch(data, rows, learning_rate);
}

namespace {

Dataset converted(const Dataset& data, DType dtype) {
  return {data.x.to(dtype), data.y.to(dtype), data.padding};
}

}  // namespace

void Trainer::Body::begin(std::span<Callback* const> given, int64_t examples) {
  if (holds_average) swap_average();
  callbacks.assign(given.begin(), given.end());
  callbacks.push_back(&printer);
  order.resize(static_cast<size_t>(examples));
  start = Clock::now();
  seconds_before = history.seconds.empty() ? 0 : history.seconds.back();
  progress = {epoch(), options.epochs, 0, 0, unknown, unknown, 0, seconds_before};
  history.ending.clear();
  history.interrupted = history.stopped_early = history.restored_best = false;
  model.train();
}

void Trainer::Body::end() {
  if (history.ending.empty()) history.ending = "trained " + std::to_string(epoch()) + " epochs";
  if (best_model.empty() && history.interrupted)
    history.ending += "; no epoch was finished, the weights are those of the last update";
  else if (!best_model.empty() && (options.early_stopping.restore_best || history.interrupted))
    keep_best_weights();
  else
    swap_average();
  model.eval();
}

History Trainer::fit(const Dataset& train, const Dataset* validation,
                     std::span<Callback* const> callbacks) {
  Body& body = *body_;
  check_dataset(train, "training data");
  if (validation) check_dataset(*validation, "validation data");
  const auto& parameters = body.optimizer->parameters();
  const DType dtype = parameters.empty() ? train.x.dtype() : parameters[0].dtype();
  const Dataset data = converted(train, dtype);
  const Dataset held_out = validation ? converted(*validation, dtype) : Dataset{};

  body.begin(callbacks, data.size());
  for (Callback* callback : body.callbacks) callback->on_train_begin(*this, body.progress);
  while (body.epoch() < body.options.epochs) {
    if (interrupt_requested() || !body.run_epoch(*this, data)) {
      body.history.interrupted = true;
      body.history.ending = "interrupted in epoch " + std::to_string(body.epoch() + 1) + " of " +
                            std::to_string(body.options.epochs);
      break;
    }
    body.finish_epoch(body.progress.loss, validation ? &held_out : nullptr);
    if (!body.keep_going(*this)) break;
  }
  body.end();
  for (Callback* callback : body.callbacks) callback->on_train_end(*this, body.progress);
  return body.history;
}

TrainingState Trainer::state() const {
  Body& body = *body_;
  const bool held_average = body.holds_average;
  if (held_average) body.swap_average();
  TrainingState state = {body.epoch(),
                         body.update,
                         body.generator.save(),
                         body.model.state(),
                         body.optimizer->state(),
                         {},
                         body.history,
                         body.best_model,
                         body.best_loss};
  if (!body.average.empty()) {
    body.swap_average();
    state.average = body.model.state();
    body.swap_average();
  }
  if (held_average) body.swap_average();
  return state;
}

void Trainer::restore(const TrainingState& state) {
  Body& body = *body_;
  if (state.epoch != static_cast<int>(state.history.loss.size()))
    fail_data("train.state", "training state",
              "it says " + std::to_string(state.epoch) + " epochs but holds the losses of " +
                  std::to_string(state.history.loss.size()),
              "use a state that Trainer::state() returned");
  bool same_metrics = state.history.metrics.size() == body.metrics.size();
  for (size_t i = 0; same_metrics && i < body.metrics.size(); ++i)
    same_metrics = state.history.metrics[i].name == body.options.metrics[i];
  if (!same_metrics)
    fail_data("train.state", "training state", "it was made with other metrics",
              "go on with the options that it was made with");
  body.average.forget();
  body.holds_average = false;
  if (body.options.ema_decay > 0 && !state.average.empty()) {
    body.model.load_state(state.average);
    body.average.take();
  }
  body.model.load_state(state.model);
  body.optimizer->load_state(state.optimizer);
  body.generator.load(state.generator);
  body.update = state.update;
  body.history = state.history;
  body.best_model = state.best_model;
  body.best_loss = state.best_model.empty() ? no_loss_yet : state.best_loss;
  body.schedule = body.fresh_schedule();  // what it remembers follows from the losses
  for (size_t epoch = 0; epoch < body.history.loss.size(); ++epoch)
    body.schedule->observe(looked_at_in(body.history, epoch));
}

History fit(Module& model, const Dataset& train, const Dataset* validation,
            const TrainOptions& options, std::span<Callback* const> callbacks) {
  return Trainer(model, options).fit(train, validation, callbacks);
}

}  // namespace sluice

// The training loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/options.h"
#include "sluice/layers/module.h"
#include "sluice/train/callback.h"
#include "sluice/train/clip_weights.h"
#include "sluice/train/penalty.h"
#include "sluice/train/training_metric.h"

namespace sluice {

/// Examples along the first axis: x [N,…], y [N,…]; `padding` where they are ragged.
struct Dataset {
  Tensor x, y;
  Padding padding;

  int64_t size() const { return x.defined() ? x.size(0) : 0; }
};

/// When to stop before the last epoch. The loss looked at is that of the validation data, or of
/// the training data where there are none.
struct EarlyStopping {
  int patience = 0;           ///< epochs without a better loss; 0: never
  double min_delta = 0;       ///< how much less counts as better
  double loss_threshold = 0;  ///< stop once the training loss is below; 0: never
  bool restore_best = false;  ///< end with the weights of the best epoch, not of the last
};

struct TrainOptions {
  int epochs = 1;
  int batch_size = 32;  ///< examples in one update; 0: all
  bool shuffle = true;  ///< a new order every epoch, as torch.randperm draws it
  uint64_t seed = 0;    ///< of the order and of the masks

  std::string loss = "mse";
  Options loss_options;
  std::string optimizer = "adam";
  Options optimizer_options;
  double learning_rate = 1e-3;
  std::string schedule = "constant";
  Options schedule_options;
  std::vector<ParameterPenalty> penalties;  ///< on parameters, by name
  double clip_norm = 0;                     ///< 0: off
  double clip_value = 0;                    ///< 0: off
  double clip_parameter_norm =
      0;  ///< of every weight and bias by itself, as Keras' clipnorm; 0: off
  std::vector<WeightClip> clip_weights;  ///< bounds of parameters after every update, by name
  /// Memory of a moving average of the weights, as 0.99; 0: none. The average is what is evaluated,
  /// compared with the best, and left in the model at the end.
  double ema_decay = 0;
  std::vector<std::string> metrics;  ///< of training_metric_registry(), on both kinds of data
  EarlyStopping early_stopping;

  int verbose = 0;        ///< 0 silent, 1 progress with loss and time left, 2 a line an epoch
  bool terminal = false;  ///< whether `output` shows a bar that is redrawn; else plain lines
  std::function<void(std::string_view)> output;  ///< where text goes; the library never prints
};

/// One metric, a value an epoch.
struct MetricHistory {
  std::string name;
  std::vector<double> train;  ///< over the epoch's batches, as they were trained on
  std::vector<double> val;    ///< after the epoch; empty without validation data
};

/// What happened, one value an epoch.
struct History {
  std::vector<double> loss;           ///< mean over the epoch's batches, penalties included
  std::vector<double> val_loss;       ///< after the epoch; empty without validation data
  std::vector<double> learning_rate;  ///< of the epoch's last update
  std::vector<double> seconds;        ///< from the start of fit() to the end of the epoch
  std::vector<MetricHistory> metrics;
  bool interrupted = false, stopped_early = false;
  int best_epoch = -1;         ///< from 0; -1 before the first epoch ended
  bool restored_best = false;  ///< the model holds the weights of best_epoch
  std::string ending;          ///< one sentence: why training ended and what was kept
};

struct TrainingState;

/// Trains one model; the state between epochs can be saved and restored to the same bits.
class Trainer {
 public:
  /// Throws Error where an option names nothing that exists.
  Trainer(Module& model, TrainOptions options);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Runs the epochs that remain and leaves the model in evaluation mode. Throws Error
  /// "train.diverged" (exit code 4) where the loss or a gradient is no longer a number,
  /// "train.data" where the data do not fit together.
  History fit(const Dataset& train, const Dataset* validation = nullptr,
              std::span<Callback* const> callbacks = {});

  /// One update from these rows of the data; the loss before it. Allocates nothing once warm.
  double step(const Dataset& data, std::span<const int64_t> rows, double learning_rate);

  /// Everything that the next epoch depends on, as one value.
  TrainingState state() const;
  /// Throws Error "train.state" where the value belongs to another model or optimizer.
  void restore(const TrainingState& state);

  const TrainOptions& options() const;
  const History& history() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

/// Trains `model` and returns what happened; the same as Trainer(model, options).fit(…).
History fit(Module& model, const Dataset& train, const Dataset* validation,
            const TrainOptions& options, std::span<Callback* const> callbacks = {});

/// Predictions for x [N,…], `batch_size` rows at a time (0: all), in evaluation mode.
Tensor predict(Module& model, const Tensor& x, const Padding& padding = {}, int batch_size = 256);

/// One sample of Monte-Carlo dropout (Gal and Ghahramani 2016): the same, but with the masks of
/// training, which follow from `key` and the batches. Throws Error "train.no_masks" for a model
/// that has none.
Tensor predict_with_masks(Module& model, const Tensor& x, MaskKey key, const Padding& padding = {},
                          int batch_size = 256);

/// Mean loss over the data, in evaluation mode; `scores` are added to where given.
double evaluate(Module& model, const Dataset& data, const std::string& loss, int batch_size = 256);
double evaluate(Module& model, const Dataset& data, const Loss& loss, int batch_size = 256,
                ScoreSums* scores = nullptr);

}  // namespace sluice

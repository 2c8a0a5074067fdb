// One network trained on encoded windows; and how many epochs that takes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/forecast/encoder.h"
#include "sluice/forecast/network.h"
#include "sluice/forecast/recipe.h"
#include "sluice/forecast/ridge.h"
#include "sluice/train/trainer.h"

namespace sluice {

/// Where training reports to: Keras-like lines or a bar (recipe key `verbose`).
struct TrainingOutput {
  bool terminal = false;
  std::function<void(std::string_view)> write;  ///< may be empty
};

/// A network with what stands beside it.
struct Member {
  std::unique_ptr<Network> network;
  LinearModel ridge;  ///< frozen; no weights where linear_skip is not ridge
  History history;
};

/// The encoding a resolved recipe asks for.
EncoderOptions encoder_options(const Recipe& recipe);

/// The frozen ridge of linear_skip=ridge, its penalty chosen on folds of `training`; else empty.
LinearModel fit_frozen_ridge(const Series& training, const Recipe& recipe, const Encoder& encoder);

/// Trains one network from `seed` for recipe.epochs on the windows of `training` (encoder fitted,
/// recipe resolved, epochs known); with recipe.validation, its last rows only judge.
Member train_member(const Series& training, const Recipe& recipe, const Encoder& encoder,
                    const LinearModel& ridge, uint64_t seed, const TrainingOutput& output);

/// Epochs at which the mean log validation loss over expanding folds of `training` is least.
int choose_epochs(const Series& training, const Recipe& recipe, const TrainingOutput& output);

/// Threads worth starting for this recipe: 1 where an update is over before a second thread would
/// have woken, else 0 (every core). The results do not depend on it.
int useful_threads(const Recipe& recipe, int64_t training_rows);

/// Rows of `training` that are trained on: all but the recipe's validation part.
int64_t fitted_rows(const Series& training, const Recipe& recipe);

}  // namespace sluice

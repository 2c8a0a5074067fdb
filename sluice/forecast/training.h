// One network trained on encoded windows; and how many epochs that takes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

/// One trained network.
struct Member {
  std::unique_ptr<Network> network;
  History history;
};

/// One encoding of the series and the networks on it, one for each seed.
struct Basis {
  Encoder encoder;
  LinearModel ridge;  ///< frozen; no weights where linear_skip is not ridge
  int epochs = 0;     ///< planned for every network
  std::vector<Member> members;
};

/// The encoding a resolved recipe asks for, with one of its chains of transforms. In a committee,
/// a chain that takes the season out does not see the calendar.
EncoderOptions encoder_options(const Recipe& recipe, const std::vector<std::string>& chain);

/// The frozen ridge of linear_skip=ridge, its penalty chosen on folds of `training`; else empty.
LinearModel fit_frozen_ridge(const Series& training, const Recipe& recipe, const Encoder& encoder);

/// Trains one network from `seed` for basis.epochs on the windows of `training` (encoder and ridge
/// fitted, recipe resolved); with recipe.validation, its last rows only judge.
Member train_member(const Series& training, const Recipe& recipe, const Basis& basis, uint64_t seed,
                    const TrainingOutput& output);

/// Epochs at which the mean log validation loss over expanding folds of `training` is least.
int choose_epochs(const Series& training, const Recipe& recipe,
                  const std::vector<std::string>& chain);

/// Threads worth starting for this recipe: 1 where an update is over before a second thread would
/// have woken, else 0 (every core). The results do not depend on it.
int useful_threads(const Recipe& recipe, int64_t training_rows);

/// Rows of `training` that are trained on: all but the recipe's validation part.
int64_t fitted_rows(const Series& training, const Recipe& recipe);

}  // namespace sluice

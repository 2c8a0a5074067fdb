// Polyphonic music: the chorales of Johann Sebastian Bach as rolls of 88 keys, one row a piece.
#pragma once

#include <functional>
#include <string>

#include "experiments/experiment.h"
#include "sluice/train/trainer.h"

namespace sluice::experiment {

/// x [N,T,88]: the keys that sound at a step; y: those of the step after. Rows are ragged.
struct Chorales {
  Dataset train, validation, test;
};

/// Reads {"train", "valid", "test"}: pieces, a list of steps, a list of MIDI pitches 21 … 108.
/// Throws Error "data.chorales".
Chorales read_chorales(const std::string& path);

struct ChoraleOptions {
  std::string cell = "lstm";
  int hidden_size = 200, num_layers = 1, epochs = 30, batch_size = 8;
  double dropout = 0.2, learning_rate = 1e-3, clip_norm = 1;
  double forget_bias = 1;
};

/// What a model says of a batch, in nats a step: a loss to go down on, and the part of it that is a
/// divergence of latent variables (0 where there are none).
struct ChoraleCost {
  Variable nats;
  double divergence = 0;
};
/// Of pieces [B,T,88] cut to the longest; in training and in evaluation mode, which the model tells
/// apart.
using ChoraleCostOf = std::function<ChoraleCost(const Dataset& pieces)>;

/// Trains on pieces in random order. After an epoch whose validation loss exceeds each of the last
/// three, the learning rate is divided by ten. The scores are the test loss of the epoch that is
/// best on the validation pieces, its loss on those, and the part of the test loss that is
/// divergence. `epoch_begins` is told the number of every epoch, from 0.
Run train_chorales(Module& model, const Chorales& data, const ChoraleOptions& options,
                   uint64_t seed, const ChoraleCostOf& cost,
                   const std::function<void(int)>& epoch_begins = {});

/// The same for a recurrent network with dropout behind each layer and a linear layer to the keys.
Run run_chorales(const Chorales& data, const ChoraleOptions& options, uint64_t seed);

/// Mean over the true steps of what every step costs, [B,T].
Variable step_mean(const Variable& costs, const Padding& padding);

/// Test losses of what needs no network: each key as often as in the training pieces, whatever came
/// before; and each key as often as it followed itself sounding, or silent.
std::vector<Floor> chorale_floors(const Chorales& data);

}  // namespace sluice::experiment

// Polyphonic music: the chorales of Johann Sebastian Bach as rolls of 88 keys, one row a piece.
#pragma once

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

/// Cross-entropy of 88 independent yes-or-no answers, summed over the keys and averaged over the
/// true steps: nats a step. logits [B,T,88].
Variable key_loss(const Variable& logits, const Tensor& truth, const Padding& padding);

struct ChoraleOptions {
  std::string cell = "lstm";
  int hidden_size = 200, num_layers = 1, epochs = 30, batch_size = 8;
  double dropout = 0.2, learning_rate = 1e-3, clip_norm = 1;
  double forget_bias = 1;
};

/// Trains on pieces in random order. After an epoch whose validation loss exceeds each of the last
/// three, the learning rate is divided by ten. The score is the test loss of the epoch that is best
/// on the validation pieces.
Run run_chorales(const Chorales& data, const ChoraleOptions& options, uint64_t seed);

/// Test losses of what needs no network: each key as often as in the training pieces, whatever came
/// before; and each key as often as it followed itself sounding, or silent.
std::vector<Floor> chorale_floors(const Chorales& data);

}  // namespace sluice::experiment

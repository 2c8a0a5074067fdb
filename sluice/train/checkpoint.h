// The state of training as a value: copy it, save it, go on from it to the same bits.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/layers/module.h"
#include "sluice/train/trainer.h"

namespace sluice {

struct TrainingState {
  int epoch = 0;           ///< finished epochs
  uint64_t update = 0;     ///< finished updates
  std::string generator;   ///< of the order of the examples, Generator::save()
  NamedTensors model;      ///< Module::state()
  NamedTensors optimizer;  ///< Optimizer::state()
  NamedTensors average;    ///< Module::state() of the weights' moving average; empty without one
  History history;
  NamedTensors best_model;  ///< empty before the first epoch ended
  double best_loss = 0;
};

/// The state as tensors, for a file. Names begin with "model/", "optimizer/", "average/",
/// "best/", "training/".
NamedTensors to_tensors(const TrainingState& state);
/// The inverse; throws Error "train.state" where something is missing.
TrainingState from_tensors(const NamedTensors& tensors);

}  // namespace sluice

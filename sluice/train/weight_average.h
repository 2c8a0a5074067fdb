// A moving average of the weights, which often generalises better than the last weights.
#pragma once

#include <vector>

#include "sluice/autograd/variable.h"

namespace sluice {

/// θ̄ = decay θ̄ + (1 − decay) θ after every update; the first θ̄ is θ (PyTorch's AveragedModel with
/// its exponential average, Keras' use_ema).
class WeightAverage {
 public:
  WeightAverage(std::vector<Variable> parameters, double decay);

  /// After an update. Allocates nothing after the first.
  void update();
  /// Puts the averages into the parameters and keeps what was there, or the other way round.
  void swap();
  /// Takes the parameters as they are for the averages.
  void take();
  void forget() { averages_.clear(); }
  bool empty() const { return averages_.empty(); }

 private:
  std::vector<Variable> parameters_;
  std::vector<Tensor> averages_;
  double decay_;
};

}  // namespace sluice

// Gradient descent.
#pragma once

#include <memory>
#include <vector>

#include "sluice/train/optimizer.h"

namespace sluice {

/// sgd with momentum, dampening, nesterov, weight_decay; `convention` pytorch or keras.
std::unique_ptr<Optimizer> make_sgd(std::vector<Variable> parameters, const Options& options);

}  // namespace sluice

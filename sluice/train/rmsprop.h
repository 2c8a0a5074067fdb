// RMSprop.
#pragma once

#include <memory>
#include <vector>

#include "sluice/train/optimizer.h"

namespace sluice {

/// rmsprop (Tieleman and Hinton 2012) with rho, epsilon, momentum, centered (Graves 2013),
/// weight_decay; `convention` pytorch or keras: whether epsilon stands outside or inside the root.
std::unique_ptr<Optimizer> make_rmsprop(std::vector<Variable> parameters, const Options& options);

}  // namespace sluice

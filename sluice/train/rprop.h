// Rprop.
#pragma once

#include <memory>
#include <vector>

#include "sluice/train/optimizer.h"

namespace sluice {

/// rprop (Riedmiller and Braun 1993, as PyTorch): steps by the sign of the gradient alone, for
/// training on all examples at once. Its steps begin at the learning rate of the first update, and
/// no later one is looked at; shrink, grow, smallest and largest are theirs. Takes weight_decay.
std::unique_ptr<Optimizer> make_rprop(std::vector<Variable> parameters, const Options& options);

}  // namespace sluice

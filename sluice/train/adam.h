// Adam and AdamW.
#pragma once

#include <memory>
#include <vector>

#include "sluice/train/optimizer.h"

namespace sluice {

/// adam with beta1, beta2, epsilon, weight_decay; `convention` pytorch or keras.
std::unique_ptr<Optimizer> make_adam(std::vector<Variable> parameters, const Options& options);
/// The same with decoupled weight decay, 0.01 unless given.
std::unique_ptr<Optimizer> make_adamw(std::vector<Variable> parameters, const Options& options);

}  // namespace sluice

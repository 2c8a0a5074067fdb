// Adagrad and Adadelta.
#pragma once

#include <memory>
#include <vector>

#include "sluice/train/optimizer.h"

namespace sluice {

/// adagrad (Duchi et al. 2011) with epsilon, initial_accumulator (0; Keras 0.1),
/// learning_rate_decay, weight_decay; `convention` pytorch or keras: whether epsilon stands outside
/// or inside the root.
std::unique_ptr<Optimizer> make_adagrad(std::vector<Variable> parameters, const Options& options);
/// adadelta (Zeiler 2012) with rho (0.9; Keras 0.95), epsilon (1e-6; Keras 1e-7), weight_decay.
std::unique_ptr<Optimizer> make_adadelta(std::vector<Variable> parameters, const Options& options);

}  // namespace sluice

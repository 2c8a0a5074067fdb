// Adam, AdamW and NAdam.
#pragma once

#include <memory>
#include <vector>

#include "sluice/train/optimizer.h"

namespace sluice {

/// adam (Kingma and Ba 2015) with beta1, beta2, epsilon, amsgrad (Reddi et al. 2018), weight_decay;
/// `convention` pytorch or keras: whether epsilon is added to the corrected root or the other.
std::unique_ptr<Optimizer> make_adam(std::vector<Variable> parameters, const Options& options);
/// The same with decoupled weight decay (Loshchilov and Hutter 2019), 0.01 unless given, Keras
/// 0.004.
std::unique_ptr<Optimizer> make_adamw(std::vector<Variable> parameters, const Options& options);
/// Adam with Nesterov's momentum (Dozat 2016), which warms up by `momentum_decay`: β1 of step t is
/// β1 (1 − ½ 0.96^(t · momentum_decay)); 0.004 unless given, Keras 1.
std::unique_ptr<Optimizer> make_nadam(std::vector<Variable> parameters, const Options& options);

}  // namespace sluice

// Cross-entropy over classes.
#pragma once

#include <memory>

#include "sluice/train/loss.h"

namespace sluice {

/// cross_entropy with label_smoothing, ignore_index: −ln of the softmax of the class that is
/// right, as PyTorch's CrossEntropyLoss. Targets are class numbers from 0, [B], [B,1] or [B,T,1];
/// the model gives one logit for each class, [B,C] or [B,T,C]. Targets of ignore_index do not
/// count. Throws Error "train.class" for a target that is no class.
std::unique_ptr<Loss> make_cross_entropy(const Options& options);

}  // namespace sluice

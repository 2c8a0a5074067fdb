// The pinball loss of one quantile or of several at once.
#pragma once

#include <memory>

#include "sluice/train/loss.h"

namespace sluice {

/// pinball with quantiles (0.1, 0.5, 0.9): max(τe, (τ − 1)e) with e = y − prediction (Koenker and
/// Bassett 1978), the mean over the quantiles. The model gives one number for each of them, in
/// their order. Its point is that of the quantile nearest to one half.
std::unique_ptr<Loss> make_pinball(const Options& options);

}  // namespace sluice

// What models with latent variables are made of: Gaussians of independent numbers, draws that
// gradients pass through, how far one is from another, and what answers cost.
#pragma once

#include "sluice/autograd/variable.h"
#include "sluice/base/random.h"

namespace sluice::experiment {

/// Mean and standard deviation of every number, [..,Z].
struct Gaussian {
  Variable mean, deviation;
};

/// From what a network gives, [..,2·Z]: the means as they are, the deviations softplus(·) + 1e-4
/// (Chung et al. 2015).
Gaussian gaussian_of(const Variable& x);

/// mean + deviation · ε with ε from N(0, 1) (Kingma and Welling 2014).
Variable draw(const Gaussian& from, Generator& noise);

/// KL(q ‖ p), nats, summed over the last axis: [..,Z] -> [..].
Variable divergence(const Gaussian& q, const Gaussian& p);
/// The same with p = N(0, 1).
Variable divergence(const Gaussian& q);

/// Cross-entropy of yes-or-no answers in nats, summed over the last axis: logits and truth [..,N]
/// ->
/// [..].
Variable answer_costs(const Variable& logits, const Tensor& truth);

}  // namespace sluice::experiment

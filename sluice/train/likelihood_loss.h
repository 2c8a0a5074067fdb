// Negative log-likelihoods: the model gives the parameters of a distribution for each target.
#pragma once

#include <memory>

#include "sluice/train/loss.h"

namespace sluice {

// Positive parameters are softplus(what the model gives) + 1e-6.

/// gaussian: mean μ and deviation σ; ½ ln 2π + ln σ + ½((y − μ) / σ)².
std::unique_ptr<Loss> make_gaussian(const Options& options);
/// student_t: place μ, scale s and degrees of freedom ν = 2 + softplus (as GluonTS);
/// ln Γ(ν/2) − ln Γ((ν+1)/2) + ½ ln νπ + ln s + ½(ν + 1) ln(1 + ((y − μ) / s)² / ν).
std::unique_ptr<Loss> make_student_t(const Options& options);
/// negative_binomial for counts: mean μ and dispersion α, the variance being μ + αμ² (as DeepAR);
/// ln Γ(y+1) + ln Γ(1/α) − ln Γ(y+1/α) + ln(1 + αμ) / α − y ln(αμ / (1 + αμ)).
std::unique_ptr<Loss> make_negative_binomial(const Options& options);

}  // namespace sluice

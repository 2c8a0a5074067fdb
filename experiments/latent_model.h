// Sequence models whose every step has latent variables: VRNN and STORN.
#pragma once

#include <memory>

#include "experiments/gaussian.h"
#include "sluice/layers/composite.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"

namespace sluice::experiment {

/// What every step of a sequence costs, [B,T], in nats. Their sum is an upper bound on −log p(y_t |
/// what came before), in the mean over draws of the latent variables.
struct LatentCosts {
  Variable reconstruction;  ///< −log p(y_t | z, what came before)
  Variable divergence;      ///< of the guess of z that knows y from the guess that does not
};

/// Gives the yes-or-no answers y_t from x_1 … x_t, both [B,T,I]; y_t is the step behind x_t.
class LatentModel : public Composite {
 public:
  /// With the latent variables guessed from y, drawn by `noise`.
  virtual LatentCosts costs(const Variable& x, const Variable& y, const Padding& padding,
                            Generator& noise) = 0;
  /// Logits of y [B,T,I] with every latent variable at the mean that it has before y is known.
  Variable forward(const Variable& x, const Padding& padding = {}) override = 0;
};

struct LatentOptions {
  int input_size = 88;
  int hidden_size = 100, latent_size = 32;
  int feature_size = 100;     ///< of VRNN's networks of one hidden layer
  std::string cell = "lstm";  ///< of every recurrence
};

/// Chung et al. 2015: the latent variables of a step hang on all steps before it,
///   z_t ~ N(prior(h_t)), guessed as N(posterior([φx(y_t), h_t])),
///   y_t ~ Bernoulli(decoder([φz(z_t), h_t])), h_t = LSTM([φx(x_t), φz(z_{t−1})], h_{t−1}),
/// where φx, φz, and the others before their last layer, are linear and relu.
std::unique_ptr<LatentModel> make_vrnn(const LatentOptions& options, Generator& generator);

/// Bayer and Osendorfer 2015: z_t ~ N(0, 1) at every step, guessed by a recurrent network that
/// reads y, and y_t ~ Bernoulli(W h_t + b), h_t = cell([x_t, z_t], h_{t−1}).
std::unique_ptr<LatentModel> make_storn(const LatentOptions& options, Generator& generator);

}  // namespace sluice::experiment

// The table of losses and their options.
#include "sluice/train/cross_entropy.h"
#include "sluice/train/element_loss.h"
#include "sluice/train/likelihood_loss.h"
#include "sluice/train/loss.h"
#include "sluice/train/quantile_loss.h"

namespace sluice {

std::span<const RegistryRow<LossFactory>> loss_registry() {
  static const std::vector<RegistryRow<LossFactory>> rows = {
      {"mse", "mean squared error", {}, make_mse},
      {"mae", "mean absolute error", {}, make_mae},
      {"huber",
       "squared for small errors, absolute for large ones",
       {{"delta", "1", "the error from which on it is large"}},
       make_huber},
      {"log_cosh", "as huber, without a corner", {}, make_log_cosh},
      {"mape", "mean absolute error in percent of the target", {}, make_mape},
      {"pinball",
       "quantiles, several at once",
       {{"quantiles", "0.1, 0.5, 0.9", "one number of the model for each"}},
       make_pinball},
      {"gaussian", "likelihood of a normal distribution: mean, deviation", {}, make_gaussian},
      {"student_t",
       "likelihood with heavy tails: place, scale, degrees of freedom",
       {},
       make_student_t},
      {"negative_binomial", "likelihood of counts: mean, dispersion", {}, make_negative_binomial},
      {"cross_entropy",
       "of classes, from one logit for each",
       {{"label_smoothing", "0", "share of the target that all classes divide"},
        {"ignore_index", "none", "class whose targets do not count"}},
       make_cross_entropy},
      {"binary_cross_entropy", "of yes or no, from one logit", {}, make_binary_cross_entropy},
  };
  return rows;
}

}  // namespace sluice

// What is added to the loss for parameters far from 0, chosen by their names.
#pragma once

#include <string>
#include <vector>

#include "sluice/layers/module.h"

namespace sluice {

/// l1 · Σ|w| + l2 · Σw² over the parameters that a name means: Keras' kernel (weight_ih), recurrent
/// (weight_hh) and bias regularizers; "" means all (parameter_names.h says what names mean).
struct ParameterPenalty {
  std::string name;
  double l1 = 0, l2 = 0;
};

/// The penalties of one model, found once. The model's parameters must outlive it.
class ParameterPenalties {
 public:
  /// Throws Error "train.penalty" for a name that no parameter has or a negative factor.
  ParameterPenalties(Module& model, const std::vector<ParameterPenalty>& penalties);

  /// Their sum; adds its gradient to that of the parameters. The same bits for any threads.
  double add_gradients() const;

 private:
  struct Factors {
    Variable parameter;
    Tensor l1, l2;  ///< of each number, in the layout of the parameter
  };
  std::vector<Factors> all_;
};

}  // namespace sluice

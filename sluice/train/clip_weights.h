// Keeps parameters from growing too large, chosen by their names.
#pragma once

#include <string>
#include <vector>

#include "sluice/layers/module.h"

namespace sluice {

/// A bound |w| <= largest of the parameters that a name means (as in ParameterPenalty): weight
/// clipping. IndRNN's recurrent weights are {"u", 2^(1/T)} for T steps (Li et al. 2018).
struct WeightClip {
  std::string name;
  double largest;
};

/// The bounds of one model, found once. The model's parameters must outlive them. Where several
/// names mean a parameter, the smallest bound counts.
class WeightClips {
 public:
  /// Throws Error "train.clip_weights" for a name that no parameter has or a bound that is not
  /// positive.
  WeightClips(Module& model, const std::vector<WeightClip>& clips);

  /// Sets what is beyond its bound to it, after an update; NaN stays. Allocates nothing.
  void apply() const;

 private:
  struct Bounds {
    Variable parameter;
    Tensor largest;  ///< of each number, in the layout of the parameter
  };
  std::vector<Bounds> all_;
};

}  // namespace sluice
